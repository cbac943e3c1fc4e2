"""pass@k of benchmarks: of each language, and on average over the languages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress

from pydantic import Field

from sodakd.errors import JudgeError
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.evaluate.passk import interval, mean_of_languages, pass_at_k
from sodakd.evaluate.samples import JudgedSample, Sample, SampleKey
from sodakd.types import FrozenModel, Language

_KS = (1, 10, 100)


class LanguageResult(FrozenModel):
    """pass@k of one benchmark in one language. `low` and `high`: pass@1's 95 % interval.

    `tasks` were judged, of `all_tasks`. `cut`: samples that reached the most tokens of an answer.
    `unjudged`: samples whose tests cannot run here, for these reasons; they are in no figure.
    """

    benchmark: str
    language: Language
    tasks: int
    all_tasks: int
    samples: int
    cut: int
    empty: int
    unjudged: dict[str, int] = Field(default_factory=dict)
    pass_at: dict[int, float]
    low: float
    high: float
    outcomes: dict[str, int]
    failed: tuple[str, ...]

    @property
    def partial(self) -> bool:
        """Whether it is over a part of the benchmark's tasks."""
        return self.tasks < self.all_tasks


class LanguageAverage(FrozenModel):
    """The mean over a benchmark's languages, and the 95 % interval of its pass@1.

    `partial`: one of them is over a part of its tasks.
    """

    benchmark: str
    languages: int
    partial: bool
    pass_at: dict[int, float]
    low: float
    high: float


def result_of(
    benchmark: Benchmark,
    tasks: Sequence[BenchmarkTask],
    samples: Iterable[Sample],
    judged: Iterable[JudgedSample],
) -> LanguageResult | None:
    """Return the result of a language's `tasks` that have samples; None where none has."""
    language = tasks[0].language

    def is_own(one: SampleKey) -> bool:
        return one.benchmark == benchmark.name and one.language is language

    every, answers = list(filter(is_own, judged)), list(filter(is_own, samples))
    if not every:
        return None
    gold = {task.id: task.gold or "" for task in tasks}
    silent = [one.verdict.blames_tests(gold.get(one.task_id, "")) for one in every]
    own = [one for one, nothing in zip(every, silent, strict=True) if not nothing]
    unjudged = Counter(one.verdict.output for one in compress(every, silent))
    if not own:
        raise JudgeError(
            f"{benchmark.name}, {language}: nothing can be said of any answer:"
            f" {', '.join(unjudged)}; evaluate on other tasks or benchmarks"
        )
    passed: dict[str, list[bool]] = {}
    for one in own:
        passed.setdefault(one.task_id, []).append(one.verdict.passed)
    least = min(len(each) for each in passed.values())
    low, high = interval([sum(each) / len(each) for each in passed.values()], len(own))
    return LanguageResult(
        benchmark=benchmark.name,
        language=language,
        tasks=len(passed),
        all_tasks=len(tasks),
        samples=len(own),
        cut=sum(one.cut for one in answers),
        empty=sum(not one.text.strip() for one in answers),
        unjudged=dict(unjudged),
        pass_at={
            k: sum(pass_at_k(len(each), sum(each), k) for each in passed.values()) / len(passed)
            for k in _KS
            if k <= least
        },
        low=low,
        high=high,
        outcomes=dict(Counter(one.verdict.outcome.value for one in own)),
        failed=tuple(
            dict.fromkeys(one.task_id for one in every if not any(passed.get(one.task_id, ())))
        ),
    )


def averages(groups: Sequence[LanguageResult]) -> list[LanguageAverage]:
    """Return the mean of each benchmark that has several languages; each counts the same."""
    found = []
    for name in dict.fromkeys(group.benchmark for group in groups):
        own = [group for group in groups if group.benchmark == name]
        if len(own) > 1:
            _, low, high = mean_of_languages([(one.pass_at[1], one.low, one.high) for one in own])
            shared = [k for k in _KS if all(k in one.pass_at for one in own)]
            pass_at = {k: sum(one.pass_at[k] for one in own) / len(own) for k in shared}
            partial = any(one.partial for one in own)
            found.append(
                LanguageAverage(
                    benchmark=name, languages=len(own), partial=partial,
                    pass_at=pass_at, low=low, high=high,
                )
            )  # fmt: skip
    return found


def notes(groups: Sequence[LanguageResult], benchmarks: Mapping[str, Benchmark]) -> Iterator[str]:
    """Yield remarks on the figures: which tasks they are over, and what lowers them."""
    for group in groups:
        own = f"{group.benchmark}, {group.language}"
        if group.partial:
            yield (
                f"{own}: {group.tasks} of {group.all_tasks} tasks were judged; pass@k is over these"
                " alone (*)"
            )
        if group.cut:
            yield f"{own}: {group.cut} of {group.samples} answers were cut at max_new_tokens"
        if group.empty:
            yield f"{own}: {group.empty} of {group.samples} answers are empty"
        for why, count in group.unjudged.items():
            yield f"{own}: {count} answers are in no figure: {why}"
        benchmark = benchmarks[group.benchmark]
        for name in group.failed:
            if name in benchmark.known_bad:
                yield f"{name}: a right answer fails as well: {benchmark.known_bad[name]}"
            elif name in benchmark.needs:
                need = benchmark.needs[name]
                yield f"{name}: its own solution needs {need.name}: {need.command}"
