"""`sodakd eval`: samples of benchmarks in, verdicts and pass@k out.

The folder keeps `samples.jsonl` (raw, as they were generated), `verdicts.jsonl`, `findings.jsonl`
where static tools were asked, `results.json`, `efficiency.json`, `settings.json`, `events.jsonl`
and `log.txt`; the same command goes on where it was stopped, in answering and in judging.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from sodakd.efficiency import FILE as EFFICIENCY
from sodakd.efficiency import Efficiency, NamedModel, eval_efficiency
from sodakd.errors import DataError
from sodakd.evaluate.aggregate import LanguageResult, averages, notes, result_of
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, TaskKey
from sodakd.evaluate.findings import SampleFindings, count_rules, lint_samples
from sodakd.evaluate.folder import ANSWER, EvalSettings, Log, PromptForm, check_folder, open_folder
from sodakd.evaluate.ids import TaskIds
from sodakd.evaluate.samples import (
    JudgedSample,
    Sample,
    SampleKey,
    gold_samples,
    judge_samples,
    read_solutions,
    requests_of,
)
from sodakd.inference.protocols import Generation, TextGenerator
from sodakd.jsonl import append_rows, atomic_write, read_journal, write_rows
from sodakd.judge.output_comparison import beyond_limit
from sodakd.judge.toolchains import versions
from sodakd.ray_judge import open_judge
from sodakd.run import EVENTS, timed
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, StdioTests
from sodakd.weights import hash_weights

_KEPT_TOGETHER = 64


@dataclass(frozen=True)
class _Part:
    """A benchmark in one language: all its tasks, and the first ones, that are asked for."""

    benchmark: Benchmark
    whole: Sequence[BenchmarkTask]
    tasks: Sequence[BenchmarkTask]


@dataclass(frozen=True)
class LintSummary:
    """What static tools found in the samples, their versions, and what was not as it should be."""

    samples: Sequence[SampleFindings]
    versions: Mapping[str, str]
    notes: Sequence[str]


@dataclass(frozen=True)
class EvalResult:
    """The results of an evaluation by language; `found` where static tools were asked."""

    groups: Sequence[LanguageResult]
    found: LintSummary | None
    remarks: Sequence[str]
    efficiency: Efficiency | None


@dataclass(frozen=True)
class _Screen:
    """The bar on the screen and the log in the folder, which show how far an evaluation is."""

    progress: Progress
    log: Log


def evaluate(
    settings: EvalSettings,
    out: Path,
    open_model: Callable[[], TextGenerator] | None,
    workers: int | None,
    allow_unsandboxed: bool = False,
    lint: bool = False,
    ray: str = "",
    tell: Callable[[str], None] | None = None,
) -> EvalResult:
    """Evaluate a model, a file of solutions, or the benchmarks' own solutions (`source: gold`).

    With `lint` static tools read the samples as well; with `ray` a cluster judges. Both may change
    when the evaluation goes on. `tell` is called with lines on how far it is.

    Raises:
        DataError: a file is no such file, or the folder belongs to another evaluation.
        EndpointError: answers could not be had; all others are kept, and none is judged.
    """
    check_folder(out, settings)  # before a hub is asked for the benchmarks
    parts = [
        _Part(BENCHMARKS[name], tasks, tasks[: settings.limit])
        for name, language in settings.parts()
        for tasks in [load(BENCHMARKS[name], language, _path(settings))]
    ]
    console = Console(stderr=True)
    with (
        open_folder(out, settings, tell) as log,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        log.note(f"begins: {settings.model_dump_json()}")
        screen = _Screen(progress, log)
        samples, unknown = _samples(settings, parts, out, open_model, screen)
        tasks = {task.key: task for part in parts for task in part.tasks}
        judging = JudgeSettings(
            cpu_seconds=settings.cpu_seconds,
            output_kb=_output_kb(tasks.values()),
            allow_unsandboxed=allow_unsandboxed,
            ray=ray,
        )
        judged = _judged(judging, tasks, samples, out, workers, screen)
        found = None
        if lint:
            with timed(out / EVENTS, "lint", resumed=False):
                found = _found(judging, tasks, samples, workers)
            write_rows(out / "findings.jsonl", found.samples)
            log.say("static tools have read all samples")
        each = [result_of(part.benchmark, part.whole, samples, judged) for part in parts]
        groups = [group for group in each if group is not None]
        said = [*_without_samples(settings, parts, groups), *notes(groups, BENCHMARKS), *unknown]
        _write_results(out, groups, judged, said, found)
        efficiency = eval_efficiency(out, NamedModel(settings.source, Path(settings.source)))
        if efficiency is not None:
            atomic_write(out / EFFICIENCY, efficiency.model_dump_json(indent=1).encode())
        for words in (*said, "ends: results.json is written"):
            log.say(words)
    return EvalResult(groups, found, said, efficiency)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, or of a folder's weights, if it has any.

    Raises:
        DataError: the file cannot be read.
    """
    if path.is_dir():
        return hash_weights(path) if [*path.glob("*.safetensors")] else ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _output_kb(tasks: Iterable[BenchmarkTask]) -> int:
    """KiB that a program may write: at least twice what tests with standard input expect."""
    most = JudgeSettings().output_kb
    for task in tasks:
        if isinstance(tests := task.question.tests, StdioTests):
            while beyond_limit(tests, 1024 * most // 2):
                most *= 2
    return most


def _path(settings: EvalSettings) -> Path | None:
    return Path(settings.data) if settings.data is not None else None


def _without_samples(
    settings: EvalSettings, parts: Sequence[_Part], groups: Sequence[LanguageResult]
) -> Iterator[str]:
    """Languages that were named, and have no sample."""
    answered = {(group.benchmark, group.language) for group in groups}
    for part in parts:
        name, language = part.benchmark.name, part.whole[0].language
        if settings.languages and (name, language) not in answered:
            yield f"{name}, {language}: none of {len(part.whole)} tasks has a solution"


def _samples(
    settings: EvalSettings,
    parts: Sequence[_Part],
    out: Path,
    open_model: Callable[[], TextGenerator] | None,
    screen: _Screen,
) -> tuple[list[Sample], Sequence[str]]:
    """The samples, and what is to be known of a file of them."""
    if open_model is not None:
        return _answers(settings, parts, out, open_model, screen), ()
    if settings.source == "gold":
        samples = gold_samples(task for part in parts for task in part.tasks)
        if not samples:
            raise DataError("the benchmarks asked for have no solutions of their own: --language")
        return samples, ()
    ids = TaskIds(task for part in parts for task in part.whole)
    file = read_solutions(Path(settings.source), ids)
    asked = {task.key: place for place, part in enumerate(parts) for task in part.tasks}
    samples = [one for one in file.samples if one.key[:3] in asked]
    some = ", ".join(file.unknown[:5]) + (", ..." if len(file.unknown) > 5 else "")
    if not samples:
        held = f"its ids are {some}" if some else "it has none of the first --limit tasks"
        raise DataError(
            f"{settings.source} holds no solution of these benchmarks' tasks: {held}; theirs are:"
            f" {ids.in_words()}"
        )
    unknown = (
        f"{len(file.unknown)} ids of {settings.source} are no task of these benchmarks and were not"
        f" judged: {some}"
    )
    samples.sort(key=lambda one: asked[one.key[:3]])
    return samples, (unknown,) if some else ()


def _answers(
    settings: EvalSettings,
    parts: Sequence[_Part],
    out: Path,
    open_model: Callable[[], TextGenerator],
    screen: _Screen,
) -> list[Sample]:
    """The model's answers: those that are kept, and the others, each kept when it comes."""
    kept = out / "samples.jsonl"
    samples = read_journal(kept, Sample)
    asked = [one for part in parts for one in requests_of(part.tasks, settings.n)]
    done = {one.key: Generation(one.text, ended=not one.cut) for one in samples}
    known = {place: done[one.key] for place, one in enumerate(asked) if one.key in done}
    wanted = len(asked) - len(known)
    screen.log.say(f"{len(samples)} answers are kept, {wanted} are asked for")
    total = len(samples) + wanted
    bar = screen.progress.add_task("the model answers", total=total, completed=len(samples))
    left = Counter(one.key[:2] for one in asked if one.key not in done)

    def keep(place: int, said: Generation) -> None:
        sample = asked[place].sample(said)
        append_rows(kept, [sample])
        samples.append(sample)
        screen.progress.update(bar, completed=len(samples))
        _count_down(left, [sample], screen.log, "the model has answered")

    if wanted:
        with timed(out / EVENTS, ANSWER, resumed=bool(samples)):
            open_model().generate(
                [_prompt(one.task, settings.prompt) for one in asked],
                max_new_tokens=settings.max_new_tokens,
                temperature=settings.temperature,
                seed=settings.seed,
                on_generation=keep,
                cached=known,
            )
    ordered = sorted(samples, key=lambda one: one.key)
    if samples != ordered:  # else the order in which they came would tell of a stop
        write_rows(kept, ordered)
    return ordered


def _prompt(task: BenchmarkTask, form: PromptForm) -> str:
    return task.code_prompt.code if form == "continue" else task.question.text


def _judged(
    judging: JudgeSettings,
    tasks: Mapping[TaskKey, BenchmarkTask],
    samples: Sequence[Sample],
    out: Path,
    workers: int | None,
    screen: _Screen,
) -> list[JudgedSample]:
    """The verdicts in the samples' order; each is kept soon after it was given."""
    path = out / "verdicts.jsonl"
    known = {one.key: one for one in read_journal(path, JudgedSample)}
    bar = screen.progress.add_task("judge", total=len(samples), completed=len(known))
    missing = [one for one in samples if one.key not in known]
    screen.log.say(f"{len(known)} verdicts are kept, {len(missing)} samples are judged")
    left = Counter((one.benchmark, one.language) for one in missing)
    if missing:
        fresh: list[JudgedSample] = []
        try:
            with (
                timed(out / EVENTS, "judge", resumed=bool(known)),
                open_judge(judging, workers) as judge,
            ):
                for one in judge_samples(judge, tasks, missing):
                    known[one.key] = one
                    fresh.append(one)
                    _count_down(left, [one], screen.log, "judged")
                    if len(fresh) == _KEPT_TOGETHER:
                        append_rows(path, fresh)
                        fresh.clear()
                        screen.progress.update(bar, completed=len(known))
        finally:
            append_rows(path, fresh)
        write_rows(path, [known[one.key] for one in samples])
    return [known[one.key] for one in samples]


def _count_down(
    left: Counter[tuple[str, Language]], done: Sequence[SampleKey], log: Log, words: str
) -> None:
    """Count what is left of each benchmark and language, and say which is done."""
    for one in done:
        group = (one.benchmark, one.language)
        left[group] -= 1
        if not left[group]:
            log.say(f"{words}: {one.benchmark}, {one.language}, all")


def _found(
    judging: JudgeSettings,
    tasks: Mapping[TaskKey, BenchmarkTask],
    samples: Sequence[Sample],
    workers: int | None,
) -> LintSummary:
    with open_judge(judging, workers) as judge:
        listed = lint_samples(judge, tasks, samples)
        return LintSummary(listed, judge.versions(), judge.notes())


def _write_results(
    out: Path,
    groups: Sequence[LanguageResult],
    judged: Sequence[JudgedSample],
    said: Sequence[str],
    found: LintSummary | None,
) -> None:
    toolchains = versions(sorted({group.language for group in groups}))
    results = {
        "groups": [group.model_dump() for group in groups],
        "averages": [one.model_dump() for one in averages(groups)],
        "remarks": [*said],
        "warnings": sorted({one.verdict.warning for one in judged} - {""}),
        "toolchains": {**toolchains, **(found.versions if found else {})},
    }
    if found is not None:
        results["findings"] = count_rules(found.samples)
        results["notes"] = [*found.notes]
    atomic_write(out / "results.json", json.dumps(results, indent=1).encode())
