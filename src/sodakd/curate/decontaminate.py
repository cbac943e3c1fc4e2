"""A file of questions without those that stand in a benchmark."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from sodakd.curate.dedup import Watch
from sodakd.curate.findings import Finding, Findings
from sodakd.curate.rows import line_of, question_of, read_both
from sodakd.dedup.leaks import BenchmarkIndex, LeakLimits
from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.load import files_read, load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.jsonl import write_lines
from sodakd.seeds.read import paths_read
from sodakd.seeds.seed import Row, Tell, untold
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.sources import source_exists
from sodakd.types import Question


def read_tasks(names: Sequence[str], data: Path | None) -> list[Question]:
    """The tasks of benchmarks in all their languages, or of files of questions, by name.

    `data` is the benchmarks' file or folder; without it the hub is asked.

    Raises:
        DataError: there is no such benchmark or file, or it cannot be read.
    """
    return [task for name in names for task in _tasks(name, data)]


def paths_of_tasks(names: Sequence[str], data: Path | None) -> list[Path]:
    """The files and folders here that `read_tasks` reads.

    Raises:
        DataError: a benchmark has no file in `data`.
    """
    paths = []
    for name in names:
        if name not in BENCHMARKS:
            paths += paths_read(name)
        elif data is not None:
            paths += files_read(BENCHMARKS[name], data)
    return paths


def _tasks(name: str, data: Path | None) -> Iterator[Question]:
    benchmark = BENCHMARKS.get(name)
    if benchmark is not None:
        for language in benchmark.languages:
            for task in load(benchmark, language, data):
                named = {"source": f"{name} {task.id}", "reference": task.gold}
                yield task.question.model_copy(update=named)
    elif source_exists(name):
        for _, seed in read_both(QuestionSettings(source=name), untold):
            if seed.text:
                yield question_of(seed).model_copy(update={"source": Path(name).name})
    else:
        near = difflib.get_close_matches(name, BENCHMARKS, n=1)
        advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(BENCHMARKS)}"
        raise DataError(f"{name!r} is no benchmark and no file; {advice}")


def _shown(task: Question) -> str:
    """A task's own text, without what a model is told around it."""
    return task.text if task.code_prompt is None else task.code_prompt.code


def decontaminate(
    settings: QuestionSettings,
    tasks: Sequence[Question],
    limits: LeakLimits,
    *,
    out: Path | None,
    found: Findings,
    tell: Tell,
    watch: Watch,
) -> tuple[int, int]:
    """How many rows a source has, and how many of them stay; `out` gets these.

    `found` gets what stands in the tasks, by each method that says so.

    Raises:
        DataError: the source cannot be read, or holds no rows.
    """
    index = BenchmarkIndex(tasks, limits)
    rows = kept = 0

    def staying() -> Iterator[Row]:
        nonlocal rows, kept
        for row, seed in read_both(settings, tell):
            watch("comparing")
            rows += 1
            leaks = index.leaks(question_of(seed)) if seed.text else []
            for leak in leaks:
                found.add(
                    Finding(
                        row=seed.origin, twin=leak.task.source, method=leak.method,
                        score=round(leak.score, 4), text=seed.text, twin_text=_shown(leak.task),
                    )
                )  # fmt: skip
            if not leaks:
                kept += 1
                yield row

    if out is not None:
        write_lines(out, map(line_of, staying()))
    else:
        for _ in staying():
            pass
    return rows, kept
