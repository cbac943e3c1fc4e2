"""A seed: a question as its source has it, and what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, JsonValue

from sodakd.types import CodePrompt, FrozenModel, Language, Tests, Verdict

Tell = Callable[[str], None]


def untold(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Row:
    """A row of a source, as it stands there. `file` is relative to the source.

    `number` counts from 1: lines of JSON lines and of programs, else rows. `unread` says why the
    row has no values, if it cannot be read.
    """

    file: str
    number: int
    values: dict[str, JsonValue]
    unread: str = ""


class Seed(FrozenModel):
    """A question as its source has it.

    `label` is what the source's own language column says; `reference` is an answer that came with
    the question: nobody has verified it. `unread` says what stands where the text should, if it is
    no text, or why its row cannot be read. `tests` and `code_prompt` are the question's;
    `bad_tests` says why its tests cannot be read.
    """

    text: str
    reference: str | None = None
    label: str = ""
    file: str
    row: int
    unread: str = ""
    tests: Tests | None = Field(default=None, exclude_if=lambda it: it is None)
    code_prompt: CodePrompt | None = Field(default=None, exclude_if=lambda it: it is None)
    bad_tests: str = ""

    @property
    def origin(self) -> str:
        """Where the seed stands: `file#row`, numbered as the rows of its source are."""
        return f"{self.file}#{self.row}"


class Reason(StrEnum):
    """Why a seed is left out. They are tried in this order, and the first that holds is kept."""

    NOT_TEXT = "not_text"
    EMPTY = "empty"
    UNREADABLE_TESTS = "unreadable_tests"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    ANOTHER_LANGUAGE = "another_language"
    STRANGE_START = "strange_start"
    NO_PROGRAM_WANTED = "no_program_wanted"
    CODE_MISSING = "code_missing"
    NEEDS_NETWORK = "needs_network"
    NEEDS_SCREEN = "needs_screen"
    NEEDS_DATABASE = "needs_database"
    NEEDS_FILES = "needs_files"
    NEEDS_INPUT = "needs_input"
    NEEDS_LIBRARY = "needs_library"
    LANGUAGE_NOT_WANTED = "language_not_wanted"
    UNTESTED = "untested"
    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    OVERLAPS_EVALUATION = "overlaps_evaluation"


class FilteredSeed(FrozenModel):
    """A seed, its language and where that was seen, and the reason to leave it out, if any.

    `detail` is what the reason goes by: the words found, the other language, the twin's origin.
    `overlaps` is what a question with an excluded one or a benchmark's is refused as.
    `verdict` is that on the answer that came with it, where that was asked for.
    """

    seed: Seed
    language: Language | None
    seen_in: str
    reason: Reason | None
    detail: str = ""
    overlaps: str = Field(default="", exclude_if=lambda it: not it)
    verdict: Verdict | None = Field(default=None, exclude_if=lambda it: it is None)

    @property
    def counted_as(self) -> str:
        """The reason as it is counted: of an overlap, that with a benchmark apart."""
        return self.overlaps or self.reason or "kept"

    @property
    def kept(self) -> bool:
        return self.reason is None


def kept(rows: Sequence[FilteredSeed]) -> list[FilteredSeed]:
    """The rows that no reason leaves out."""
    return [row for row in rows if row.kept]
