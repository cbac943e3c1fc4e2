"""What a benchmark and one of its tasks are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.text.labels import label_of
from sodakd.types import CodePrompt, Language, Question

TaskKey = tuple[str, Language, str]
"""A task among those of all benchmarks: the benchmark's name, the language, the task's id."""


@dataclass(frozen=True)
class BenchmarkTask:
    """One problem. `gold` continues the question's `code_prompt`, or is a program of its own."""

    id: str
    question: Question
    gold: str | None

    @property
    def language(self) -> Language:
        return self.question.language

    @property
    def key(self) -> TaskKey:
        """Benchmark, language and id: of one task alone."""
        return self.question.source, self.language, self.id

    @property
    def code_prompt(self) -> CodePrompt:
        """The beginning of a program that a base model continues."""
        assert self.question.code_prompt is not None
        return self.question.code_prompt


@dataclass(frozen=True)
class Row:
    """A raw row of a benchmark's file, and which one it is, for messages."""

    name: str
    values: Mapping[str, JsonValue]

    def text(self, *columns: str) -> str:
        """The text of the first of these columns that the row has. Raises `DataError`."""
        for column in columns:
            value = self.values.get(column)
            if isinstance(value, str):
                return value
        raise DataError(
            f"{self.name}: no column {' or '.join(columns)}; found {', '.join(self.values)}"
        )

    def optional(self, column: str) -> str:
        """The text of a column, or none of it."""
        value = self.values.get(column)
        return value if isinstance(value, str) else ""

    def texts(self, column: str) -> tuple[str, ...]:
        """The texts of a column that holds a list of them. Raises `DataError`."""
        value = self.values.get(column)
        if not isinstance(value, list):
            raise DataError(f"{self.name}: column {column} is no list")
        return tuple(str(one) for one in value)


@dataclass(frozen=True)
class DatasetFile:
    """Where a language's rows stand: a file of the hub's dataset, and its local names.

    A `*` in a name stands for any letters: all such files are read, in the order of their names.
    """

    file: str
    local: tuple[str, ...]
    dataset: str = ""


def files_of(names: str, file: Callable[[str], DatasetFile]) -> dict[Language, DatasetFile]:
    """Return each language's file, from the names that a dataset gives to its languages."""
    return {Language(label_of(name)): file(name) for name in names.split()}


@dataclass(frozen=True)
class Library:
    """A library that a task's own solution uses, and the command that installs it."""

    name: str
    command: str


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: where its rows are, and how one becomes a task.

    `known_bad` lists the tasks whose own gold solution does not pass, each with the reason; `needs`
    those whose solution uses a library that a machine may lack. `home` is where its files are
    found, where that is not the hub's `dataset`.
    """

    name: str
    dataset: str
    origins: Mapping[Language, DatasetFile]
    task: Callable[[Row, Language], BenchmarkTask]
    include_row: Callable[[Row], bool] = field(default=lambda _: True)
    known_bad: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, Library] = field(default_factory=dict)
    home: str = ""

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(self.origins)

    def tasks(self, rows: Iterable[Row], language: Language) -> list[BenchmarkTask]:
        """The tasks among these rows. Raises `DataError` for a row of another shape."""
        return [self.task(row, language) for row in rows if self.include_row(row)]
