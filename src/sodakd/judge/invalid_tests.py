"""Programs to which their tests cannot be put: told at the end, when all others are judged."""

from collections.abc import Callable, Mapping

from sodakd.errors import JudgeError
from sodakd.types import Verdict

_NAMED = 5


class InvalidTestsError(JudgeError):
    """Tests that cannot be put to their programs: of those nothing was judged, of all others all.

    `reasons`: why, by the program's id.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(reasons)  # what it is made anew from, where it crosses machines
        self.reasons = reasons

    def __str__(self) -> str:
        said = [f"program {name!r}: {why}" for name, why in self.reasons.items()]
        more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return f"{'; '.join(said[:_NAMED])}{more}"


def or_invalid(judged: Callable[[], Verdict]) -> Verdict | InvalidTestsError:
    """A verdict, or why there can be none."""
    try:
        return judged()
    except InvalidTestsError as error:
        return error
