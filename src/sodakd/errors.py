"""The errors of sodakd: what the house does wrong, or was told wrongly.

    SodakdError
    ├── RecipeError        a recipe is wrong: every mistake at once
    ├── RunError           a run folder cannot be used as asked
    │   └── RowError       a row of a JSONL file cannot be read: which file, which line
    ├── DataError          the input holds nothing to work with
    ├── TeacherError       a teacher cannot answer
    │   └── BudgetReached  the next call would pass the budget; raise it and run again
    ├── EndpointError      a server of models refuses, or is out of order
    ├── JudgeError         the judge itself failed (never a verdict on a program)
    │   └── LanguageMissing  programs were skipped: their language cannot be judged here
    ├── ModelError         a model cannot be used for this
    │   └── ScorerRefused  a scorer agrees too little with the grades
    ├── ExportError        a student or a dataset cannot be handed out as asked
    └── TrainingError      training cannot start or go on

What a model does wrong is data (a `Verdict`), never an exception.
"""

from collections.abc import Mapping, Sequence


class SodakdError(Exception):
    """Base of every error the command line prints without a traceback.

    The message says what is wrong, what was found, and what to do about it.
    """

    exit_code = 2


class RecipeError(SodakdError):
    """A recipe is wrong. The message lists every mistake found, and so does `mistakes`."""

    def __init__(self, text: str, mistakes: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.mistakes = tuple(mistakes) or (text,)


class RunError(SodakdError):
    """A run folder cannot be used as asked."""


class RowError(RunError):
    """A row of a JSONL file cannot be read."""


class DataError(SodakdError):
    """The input holds nothing to work with."""


class TeacherError(SodakdError):
    """A teacher cannot answer."""


class BudgetReached(TeacherError):
    """The next teacher call would pass the budget. Everything done so far is kept."""

    exit_code = 3


class EndpointError(SodakdError):
    """A server of models refuses every call, or is out of order. No key is ever in the message."""


class GivenUpError(EndpointError):
    """A server, by its name, that is asked no more: `why` says it without its name."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(server, why)  # so that it is whole again in another process
        self.server, self.why = server, why

    def __str__(self) -> str:
        return (
            f"{self.server} was given up: {self.why}; all answers so far are kept: mend it, then"
            " run the same command again"
        )


class JudgeError(SodakdError):
    """The judge itself failed. Never raised for what a judged program does."""


class LanguageMissing(JudgeError):
    """Programs were skipped, for their language cannot be judged here; all others have verdicts.

    `skipped`: the ids of those programs by the name of their language.
    """

    def __init__(self, text: str, skipped: Mapping[str, Sequence[str]]) -> None:
        super().__init__(text)
        self.skipped = skipped


class ModelError(SodakdError):
    """A model cannot be used for what is asked of it."""


class ScorerRefused(ModelError):
    """A scorer's validation is below a floor. The message has the figures."""

    exit_code = 4


class ExportError(SodakdError):
    """A student or a dataset cannot be handed out as asked."""


class TrainingError(SodakdError):
    """Training cannot start or go on."""
