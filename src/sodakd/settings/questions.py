"""The questions of the first cycle."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from sodakd.settings.types import Count, Levels, Positive, Share, Text
from sodakd.types import FrozenModel, Language

WORLD = "world"
ColumnName = Annotated[str, Field(max_length=1000)]
"""Empty, where it is left to the known shapes."""


MOST_CASES = 24
"""Calls that are taken of a teacher's reply; it is asked for ten to twelve."""


def _not_alone(solutions: int, info: ValidationInfo) -> int:
    if solutions == 1 and info.data.get("tests") != "none":
        raise ValueError(
            "one solution always agrees with itself, so that every mistake of it would be what a"
            " test expects: ask for 3, or for 2 at least"
        )
    return solutions


def _in_a_reply(cases: object) -> object:
    if isinstance(cases, int) and cases > MOST_CASES:
        raise ValueError(
            f"a teacher is asked for ten to twelve calls, and {MOST_CASES} are taken of its reply"
            f" at most: found {cases}; no question would get tests: ask for 10 at most"
        )
    return cases


class ColumnSettings(FrozenModel):
    """Which columns of a source hold what. An empty name is found by the known shapes."""

    text: ColumnName = Field(default="", description="the question")
    input: ColumnName = Field(default="", description="laid under the text, as Alpaca has it")
    reference: ColumnName = Field(default="", description="an answer; it is not verified")
    language: ColumnName = Field(default="", description="a column that names it")
    tests: ColumnName = Field(
        default="", description="calls, a script, assertions, or inputs and outputs"
    )
    entry_point: ColumnName = Field(default="", description="the function that the tests call")


class QuestionSettings(FrozenModel):
    """The questions of the first cycle: drawn from the embedded world, or from real data.

    `levels` belongs to the world. All from `columns` on belongs to real data.
    """

    source: Text = Field(
        default=WORLD,
        description="world; a file of JSON lines, JSON, CSV or Parquet, .gz too; a folder; or a hub"
        " dataset's id",
    )
    seeds: Count = Field(default=800, description="questions of the first cycle")
    further_seeds: bool = Field(
        default=True,
        description="later arms that have budget left draw further questions of the source; if"
        " not, all arms have the same seeds",
    )
    levels: Levels = Field(
        default=(1, 1, 2, 2, 2, 3), description="drawn from evenly: the world's levels 1 to 5"
    )
    language: Language = Field(
        default=Language.PYTHON,
        description="the world's; of real data, that of a question that does not tell its own",
    )
    columns: ColumnSettings = ColumnSettings()
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(
        default=tuple(Language), description="of the seven, those whose questions are kept"
    )
    per_language: dict[Language, Positive] | None = Field(
        default=None, description="weights of the languages among the seeds; else as they come"
    )
    min_words: Count = Field(default=4, description="of a question; shorter ones are left out")
    max_words: Count = Field(default=400, description="of a question; longer ones are left out")
    near_duplicate: Share = Field(
        default=0.75, description="ROUGE-L above which two of one language are the same"
    )
    exclude: tuple[Text, ...] = Field(
        default=(), description="sources that the questions may not overlap with: benchmarks"
    )
    hold_out: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=200,
        description="questions kept out of training: the exam; as many more for dev",
    )

    tests: Literal["given", "teacher", "none"] = Field(
        default="teacher",
        description="questions without tests: given leaves them out, of the exam as well; teacher"
        " has them made by agreement, as new questions' are; none trains on them as they are",
    )
    solutions: Annotated[int, Field(ge=1, le=100), AfterValidator(_not_alone)] = Field(
        default=3,
        description="of the teacher, more than half of which must agree on a value: 2 or more,"
        " unless tests is none",
    )
    min_cases: Annotated[int, Field(ge=1, le=MOST_CASES), BeforeValidator(_in_a_reply)] = Field(
        default=5, description="calls that tests by agreement must have"
    )
    kill_rate: Share = Field(
        default=0.6,
        description="share of its mutations below which a teacher is asked for more inputs",
    )

    @property
    def real(self) -> bool:
        """Whether the questions are read, not drawn from the embedded world."""
        return self.source != WORLD

    def seeds_for(self, count: int) -> int:
        """How many seeds an arm may have that asks for `count`."""
        return count if self.further_seeds else min(count, self.seeds)

    @model_validator(mode="after")
    def _words_leave_room(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(
                f"min_words ({self.min_words}) is above max_words ({self.max_words}): nothing"
                " would be left"
            )
        unknown = sorted(set(self.per_language or ()) - set(self.languages))
        if unknown:
            raise ValueError(f"per_language names {', '.join(unknown)}, which languages leaves out")
        return self
