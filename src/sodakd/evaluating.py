"""`sodakd eval`: samples of benchmarks in, verdicts and pass@k out.

The folder keeps `samples.jsonl` (raw, as they were generated), `verdicts.jsonl`, `results.json` and
`settings.json`; the same command goes on where it was stopped.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.table import BENCHMARKS
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.evaluate.passk import pass_at_k, wilson
from sodakd.evaluate.samples import (
    JudgedSample,
    Sample,
    generate_samples,
    gold_samples,
    judge_samples,
    read_samples,
)
from sodakd.judge.judge import Judge
from sodakd.models.chat import Generator
from sodakd.settings.stages import JudgeSettings
from sodakd.store import append_rows, read_appended, write_rows, write_whole
from sodakd.types import Frozen, Language


class EvalSettings(Frozen):
    """What an evaluation is: it may go on with the same values alone."""

    source: str
    benchmarks: tuple[str, ...]
    languages: tuple[Language, ...] | None
    data: str | None
    limit: int | None
    n: int
    temperature: float
    max_new_tokens: int
    seed: int


class Group(Frozen):
    """pass@k of one benchmark in one language. `low` and `high`: pass@1's 95 % Wilson interval."""

    benchmark: str
    language: Language
    tasks: int
    samples: int
    pass_at: dict[int, float]
    low: float
    high: float
    outcomes: dict[str, int]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    benchmark: Benchmark
    tasks: Sequence[BenchmarkTask]


def evaluate(
    settings: EvalSettings,
    out: Path,
    open_model: Callable[[], Generator] | None,
    workers: int | None,
    judging: JudgeSettings | None = None,
) -> Sequence[Group]:
    """Evaluate a model, a file of solutions, or the benchmarks' own solutions (`source: gold`).

    Raises:
        DataError: a file is no such file, or the folder belongs to another evaluation.
    """
    _same(settings, out)
    parts = [
        _Part(BENCHMARKS[name], load(BENCHMARKS[name], language, _path(settings))[: settings.limit])
        for name in settings.benchmarks
        for language in settings.languages or BENCHMARKS[name].languages
        if language in BENCHMARKS[name].origins
    ]
    screen = Console(stderr=True)
    with Progress(console=screen, disable=not screen.is_terminal) as progress:
        samples = _samples(settings, parts, out, open_model, progress)
        if not samples:
            raise DataError(f"{settings.source} holds no solution of these benchmarks' tasks")
        tasks = {
            (part.benchmark.name, task.language, task.id): task
            for part in parts
            for task in part.tasks
        }
        bar = progress.add_task("judge", total=len(samples))
        with Judge(judging or JudgeSettings(cpu_seconds=5), workers) as judge:
            judged = judge_samples(
                judge, tasks, samples, lambda done: progress.update(bar, completed=done)
            )
            toolchains, notes = dict(judge.versions()), judge.notes()
    write_rows(out / "verdicts.jsonl", judged)
    groups = [_group(part, judged) for part in parts]
    groups = [group for group in groups if group.samples]
    warnings = sorted({one.verdict.warning for one in judged} - {""})
    found = {
        "groups": [group.model_dump() for group in groups],
        "toolchains": toolchains,
        "warnings": warnings,
    }
    write_whole(out / "results.json", json.dumps(found, indent=1).encode())
    for note in notes:
        screen.print(f"[yellow]note[/] {note}")
    return groups


def table_of(groups: Sequence[Group]) -> Table:
    """The groups, and the average over the languages of each benchmark that has several."""
    ks = sorted({k for group in groups for k in group.pass_at})
    heads = [f"pass@{k}" for k in ks]
    table = Table("benchmark", "language", "tasks", *heads, "95 % of pass@1", "not passed")
    for group in groups:
        others = {name: count for name, count in group.outcomes.items() if name != "passed"}
        table.add_row(
            group.benchmark,
            group.language.value,
            str(group.tasks),
            *(f"{100 * group.pass_at[k]:.1f}" if k in group.pass_at else "" for k in ks),
            f"{100 * group.low:.1f} to {100 * group.high:.1f}",
            ", ".join(f"{count} {name}" for name, count in others.items()),
        )
    for name in dict.fromkeys(group.benchmark for group in groups):
        own = [group for group in groups if group.benchmark == name]
        if len(own) > 1:
            means = [sum(one.pass_at.get(k, 0.0) for one in own) / len(own) for k in ks]
            table.add_row(name, "average", "", *(f"{100 * mean:.1f}" for mean in means), "", "")
    return table


def _same(settings: EvalSettings, out: Path) -> None:
    path, written = out / "settings.json", settings.model_dump_json(indent=1)
    if path.exists() and path.read_text(encoding="utf-8") != written:
        raise DataError(
            f"{out} holds another evaluation (see {path}): choose another folder with --out"
        )
    if not path.exists():
        write_whole(path, written.encode())


def _path(settings: EvalSettings) -> Path | None:
    return Path(settings.data) if settings.data is not None else None


def _samples(
    settings: EvalSettings,
    parts: Sequence[_Part],
    out: Path,
    open_model: Callable[[], Generator] | None,
    progress: Progress,
) -> list[Sample]:
    if settings.source == "gold":
        return [one for part in parts for one in gold_samples(part.benchmark, part.tasks)]
    if open_model is None:
        path = Path(settings.source)
        return [one for part in parts for one in read_samples(path, part.benchmark, part.tasks)]
    kept = out / "samples.jsonl"
    samples = read_appended(kept, Sample)
    total = sum(len(part.tasks) for part in parts) * settings.n
    bar = progress.add_task("the model answers", total=total, completed=len(samples))
    model = open_model() if len(samples) < total else None
    for part in parts if model is not None else ():
        assert model is not None
        for batch in generate_samples(
            part.benchmark, part.tasks, model, samples, settings.n, settings.temperature,
            settings.max_new_tokens, settings.seed,
        ):  # fmt: skip
            samples += batch
            append_rows(kept, batch)
            progress.update(bar, completed=len(samples))
    return samples


def _group(part: _Part, judged: Sequence[JudgedSample]) -> Group:
    language = part.tasks[0].language
    own = [
        one for one in judged if one.benchmark == part.benchmark.name and one.language is language
    ]
    passed: dict[str, list[bool]] = {}
    for one in own:
        passed.setdefault(one.task_id, []).append(one.verdict.passed)
    least = min((len(each) for each in passed.values()), default=0)
    pass_at = {
        k: sum(pass_at_k(len(each), sum(each), k) for each in passed.values()) / len(passed)
        for k in (1, 10, 100)
        if k <= least
    }
    right = sum(map(sum, passed.values()))
    low, high = wilson(right, len(own)) if own else (0.0, 1.0)
    return Group(
        benchmark=part.benchmark.name,
        language=language,
        tasks=len(passed),
        samples=len(own),
        pass_at=pass_at,
        low=low,
        high=high,
        outcomes=dict(Counter(one.verdict.outcome.value for one in own)),
        failed=tuple(name for name, each in passed.items() if not any(each)),
    )
