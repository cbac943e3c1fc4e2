"""pass@k of benchmarks: of each language, and on average over the languages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.evaluate.passk import average, interval, pass_at_k
from sodakd.evaluate.samples import JudgedSample
from sodakd.types import Frozen, Language

_KS = (1, 10, 100)


class Group(Frozen):
    """pass@k of one benchmark in one language. `low` and `high`: pass@1's 95 % interval."""

    benchmark: str
    language: Language
    tasks: int
    samples: int
    pass_at: dict[int, float]
    low: float
    high: float
    outcomes: dict[str, int]
    failed: tuple[str, ...]


class Average(Frozen):
    """The mean over a benchmark's languages, and the 95 % interval of its pass@1."""

    benchmark: str
    languages: int
    pass_at: dict[int, float]
    low: float
    high: float


def group_of(
    benchmark: Benchmark, tasks: Sequence[BenchmarkTask], judged: Sequence[JudgedSample]
) -> Group | None:
    """The group of one language's tasks; None where none of them has a sample."""
    language = tasks[0].language
    own = [one for one in judged if one.benchmark == benchmark.name and one.language is language]
    if not own:
        return None
    passed: dict[str, list[bool]] = {}
    for one in own:
        passed.setdefault(one.task_id, []).append(one.verdict.passed)
    least = min(len(each) for each in passed.values())
    low, high = interval([sum(each) / len(each) for each in passed.values()], len(own))
    return Group(
        benchmark=benchmark.name,
        language=language,
        tasks=len(passed),
        samples=len(own),
        pass_at={
            k: sum(pass_at_k(len(each), sum(each), k) for each in passed.values()) / len(passed)
            for k in _KS
            if k <= least
        },
        low=low,
        high=high,
        outcomes=dict(Counter(one.verdict.outcome.value for one in own)),
        failed=tuple(name for name, each in passed.items() if not any(each)),
    )


def averages(groups: Sequence[Group]) -> list[Average]:
    """Of each benchmark that was judged in several languages; each language counts the same."""
    found = []
    for name in dict.fromkeys(group.benchmark for group in groups):
        own = [group for group in groups if group.benchmark == name]
        if len(own) > 1:
            _, low, high = average([(one.pass_at[1], one.low, one.high) for one in own])
            shared = [k for k in _KS if all(k in one.pass_at for one in own)]
            pass_at = {k: sum(one.pass_at[k] for one in own) / len(own) for k in shared}
            found.append(
                Average(benchmark=name, languages=len(own), pass_at=pass_at, low=low, high=high)
            )
    return found


def remarks(groups: Sequence[Group], benchmarks: Mapping[str, Benchmark]) -> Iterator[str]:
    """What is to be known of the tasks that were judged: those that no figure can be trusted on."""
    for group in groups:
        benchmark = benchmarks[group.benchmark]
        for name in group.failed:
            if name in benchmark.known_bad:
                yield f"{name}: a right answer fails as well: {benchmark.known_bad[name]}"
            elif name in benchmark.needs:
                need = benchmark.needs[name]
                yield f"{name}: its own solution needs {need.name}: {need.command}"
