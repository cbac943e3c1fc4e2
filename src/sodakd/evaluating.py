"""`sodakd eval`: samples of benchmarks in, verdicts and pass@k out.

The folder keeps `samples.jsonl` (raw, as they were generated), `verdicts.jsonl`, `findings.jsonl`
where static tools were asked, `results.json` and `settings.json`; the same command goes on where it
was stopped, in answering and in judging.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sodakd.errors import DataError
from sodakd.evaluate.answering import Answering, Drawing, Wanted
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.table import BENCHMARKS
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.evaluate.findings import SampleFindings, find_in, rules_found
from sodakd.evaluate.groups import Average, Group, averages, group_of, remarks
from sodakd.evaluate.samples import (
    JudgedSample,
    Sample,
    gold_samples,
    judge_samples,
    read_samples,
    sample_of,
    unknown_ids,
    wanted_samples,
)
from sodakd.judge.judge import Judge, versions
from sodakd.settings.stages import JudgeSettings, Lint
from sodakd.store import append_rows, read_appended, write_rows, write_whole
from sodakd.types import Frozen, Language

_KEPT_TOGETHER = 64


class EvalSettings(Frozen):
    """What an evaluation is: it may go on with the same values alone.

    `sha256` is of the file of solutions, where there is one.
    """

    source: str
    benchmarks: tuple[str, ...]
    languages: tuple[Language, ...] | None
    data: str | None
    limit: int | None
    n: int
    temperature: float
    max_new_tokens: int
    seed: int
    cpu_seconds: float
    sha256: str = ""


@dataclass(frozen=True)
class _Part:
    benchmark: Benchmark
    tasks: Sequence[BenchmarkTask]


_Tasks = Mapping[tuple[str, Language, str], BenchmarkTask]


@dataclass(frozen=True)
class Found:
    """What static tools found in the samples, their versions, and what was not as it should be."""

    samples: Sequence[SampleFindings]
    versions: Mapping[str, str]
    notes: Sequence[str]


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation comes to; `found` where static tools were asked; what is to be known."""

    groups: Sequence[Group]
    found: Found | None
    remarks: Sequence[str]


def evaluate(
    settings: EvalSettings,
    out: Path,
    open_model: Callable[[], Answering] | None,
    workers: int | None,
    allow_unsandboxed: bool = False,
    lint: Lint = Lint.OFF,
) -> Evaluated:
    """Evaluate a model, a file of solutions, or the benchmarks' own solutions (`source: gold`).

    With `lint` static tools read the samples as well; it may change when the evaluation goes on.

    Raises:
        DataError: a file is no such file, or the folder belongs to another evaluation.
    """
    _same(settings, out)
    whole = [
        _Part(BENCHMARKS[name], load(BENCHMARKS[name], language, _path(settings)))
        for name in settings.benchmarks
        for language in settings.languages or BENCHMARKS[name].languages
        if language in BENCHMARKS[name].origins
    ]
    parts = [_Part(part.benchmark, part.tasks[: settings.limit]) for part in whole]
    screen = Console(stderr=True)
    with Progress(console=screen, disable=not screen.is_terminal) as progress:
        samples = _samples(settings, parts, out, open_model, progress)
        if not samples:
            raise DataError(f"{settings.source} holds no solution of these benchmarks' tasks")
        judging = JudgeSettings(
            cpu_seconds=settings.cpu_seconds, allow_unsandboxed=allow_unsandboxed
        )
        tasks = {
            (part.benchmark.name, task.language, task.id): task
            for part in parts
            for task in part.tasks
        }
        judged = _judged(judging, tasks, samples, out, workers, progress)
        found = None
        if lint is not Lint.OFF:
            bar = progress.add_task("static tools read", total=None)
            with Judge(judging, workers) as judge:
                listed = find_in(judge, tasks, samples, full=lint is Lint.FULL)
                found = Found(listed, judge.versions(), judge.notes())
            write_rows(out / "findings.jsonl", listed)
            progress.update(bar, total=len(samples), completed=len(samples))
    each = [group_of(part.benchmark, part.tasks, judged) for part in parts]
    groups = [group for group in each if group is not None]
    of_file = open_model is None and settings.source != "gold"
    said = [
        *(_coverage(settings, parts, whole, groups) if of_file else ()),
        *remarks(groups, BENCHMARKS),
    ]
    toolchains = versions(sorted({group.language for group in groups}))
    results = {
        "groups": [group.model_dump() for group in groups],
        "averages": [one.model_dump() for one in averages(groups)],
        "remarks": said,
        "warnings": sorted({one.verdict.warning for one in judged} - {""}),
        "toolchains": {**toolchains, **(found.versions if found else {})},
    }
    if found is not None:
        results["findings"] = rules_found(found.samples)
        results["notes"] = [*found.notes]
    write_whole(out / "results.json", json.dumps(results, indent=1).encode())
    return Evaluated(groups, found, said)


def _coverage(
    settings: EvalSettings, parts: Sequence[_Part], whole: Sequence[_Part], groups: Sequence[Group]
) -> Iterator[str]:
    """Tasks without a solution in the file, and solutions of no task."""
    answered = {(group.benchmark, group.language): group.tasks for group in groups}
    for part in parts:
        name, language = part.benchmark.name, part.tasks[0].language
        tasks = answered.get((name, language), 0)
        if tasks < len(part.tasks) and (tasks or settings.languages):
            yield (
                f"{name}, {language}: {tasks} of {len(part.tasks)} tasks have a solution; pass@k is"
                " over these alone"
            )
    unknown = unknown_ids(Path(settings.source), {task.id for part in whole for task in part.tasks})
    if unknown:
        yield (
            f"{len(unknown)} ids of {settings.source} are no task of these benchmarks and were not"
            f" judged: {', '.join(unknown[:5])}{', ...' if len(unknown) > 5 else ''}"
        )


def sha256(path: Path) -> str:
    """Of a file's content. Raises `DataError`."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _judged(
    judging: JudgeSettings,
    tasks: _Tasks,
    samples: Sequence[Sample],
    out: Path,
    workers: int | None,
    progress: Progress,
) -> list[JudgedSample]:
    """The verdicts in the samples' order; each is kept soon after it was given."""
    path = out / "verdicts.jsonl"
    known = {one.key: one for one in read_appended(path, JudgedSample)}
    bar = progress.add_task("judge", total=len(samples), completed=len(known))
    missing = [one for one in samples if one.key not in known]
    if missing:
        fresh: list[JudgedSample] = []
        try:
            with Judge(judging, workers) as judge:
                for one in judge_samples(judge, tasks, missing):
                    known[one.key] = one
                    fresh.append(one)
                    if len(fresh) == _KEPT_TOGETHER:
                        append_rows(path, fresh)
                        fresh.clear()
                        progress.update(bar, completed=len(known))
        finally:
            append_rows(path, fresh)
        write_rows(path, [known[one.key] for one in samples])
    return [known[one.key] for one in samples]


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
            *_figures(group, ks),
            ", ".join(f"{count} {name}" for name, count in others.items()),
        )
    for mean in averages(groups):
        table.add_row(mean.benchmark, "average", "", *_figures(mean, ks), "")
    return table


def _figures(of: Group | Average, ks: Sequence[int]) -> list[str]:
    shares = [f"{100 * of.pass_at[k]:.1f}" if k in of.pass_at else "" for k in ks]
    return [*shares, f"{100 * of.low:.1f} to {100 * of.high:.1f}"]


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
    open_model: Callable[[], Answering] | None,
    progress: Progress,
) -> list[Sample]:
    if settings.source == "gold":
        return [one for part in parts for one in gold_samples(part.benchmark, part.tasks)]
    if open_model is None:
        path = Path(settings.source)
        return [one for part in parts for one in read_samples(path, part.benchmark, part.tasks)]
    kept = out / "samples.jsonl"
    samples = read_appended(kept, Sample)
    wanted = [
        one
        for part in parts
        for one in wanted_samples(part.benchmark, part.tasks, samples, settings.n)
    ]
    total = len(samples) + len(wanted)
    bar = progress.add_task("the model answers", total=total, completed=len(samples))

    def keep(of: Sequence[Wanted], texts: Sequence[str]) -> None:
        batch = [sample_of(one, text) for one, text in zip(of, texts, strict=True)]
        append_rows(kept, batch)
        samples.extend(batch)
        progress.update(bar, completed=len(samples))

    if wanted:
        drawing = Drawing(settings.temperature, settings.max_new_tokens, settings.seed)
        open_model().answer(wanted, drawing, keep)
    return sorted(samples, key=lambda one: one.key)
