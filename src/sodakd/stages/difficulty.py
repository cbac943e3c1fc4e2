"""How hard a question is for the student: one readable rule over both views."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sodakd.records import Difficulty, Grader, RubricScore
from sodakd.settings.stages import FeedbackSettings
from sodakd.types import Outcome, Verdict

_NO_PROGRAM = {Outcome.COMPILE_ERROR, Outcome.NOT_EXECUTABLE}


class View(StrEnum):
    """One of the two views of an answer."""

    VERDICTS = "verdicts"
    RUBRIC = "rubric"


@dataclass(frozen=True)
class DifficultyRating:
    """A difficulty, the view that decided it, and the reason for it, in words."""

    difficulty: Difficulty
    view: View
    reason: str


def rate_difficulty(
    verdicts: Sequence[Verdict],
    score: RubricScore | None,
    settings: FeedbackSettings,
    *,
    tested: bool = True,
    grader: Grader = Grader.TEACHER,
) -> DifficultyRating:
    """Fuse the tool view (all samples) and the model view (the first one) into a difficulty.

    mastered: every sample passes, and the rubric finds nothing to mend; easy: every sample passes;
    medium: some pass, or the rubric calls a failing answer a near miss; broken: no sample is even
    a program; hard: all else. Without tests the rubric decides: to run proves little there, and an
    answer in words may be a good one.

    The view that decided is the rubric where the verdicts alone would have said otherwise, and
    where there are no tests or verdicts do not count; else the verdicts.
    """
    passed = sum(verdict.passed for verdict in verdicts)
    share = f"{passed} of {len(verdicts)} {'passed' if tested else 'ran, without tests'}"
    points = "not graded" if score is None else f"the {grader} gave {score.total:g} of 6"
    said = f"{share}; {points}"

    def rated(difficulty: Difficulty, view: View, reason: str) -> DifficultyRating:
        return DifficultyRating(difficulty, view, f"{reason}; decided by the {view}")

    by_score = _by_score(score, settings)
    by_view = View.VERDICTS if score is None else View.RUBRIC
    if not settings.verdicts:
        return rated(by_score, by_view, f"{said}; verdicts do not count")
    if passed and not tested:
        return rated(by_score, by_view, said)
    if passed == len(verdicts):
        if score is None or score.total >= settings.mastered_score:
            return rated(Difficulty.MASTERED, View.VERDICTS, said)
        below = f"{said}, below {settings.mastered_score:g} for mastered"
        return rated(Difficulty.EASY, View.RUBRIC, below)
    if passed:
        return rated(Difficulty.MEDIUM, View.VERDICTS, said)
    outcomes = sorted({verdict.outcome.value for verdict in verdicts})
    failed = f"{share} ({', '.join(outcomes)}); {points}"
    seen = {verdict.outcome for verdict in verdicts}
    if not tested and seen == {Outcome.NOT_EXECUTABLE}:
        return rated(by_score, by_view, f"{failed}; it asks for no program, perhaps")
    if seen <= _NO_PROGRAM:
        return rated(Difficulty.BROKEN, View.VERDICTS, f"{failed}; no sample is a program")
    if score is not None and score.total >= settings.medium_score:
        near = f"{failed}: a near miss from {settings.medium_score:g} on"
        return rated(Difficulty.MEDIUM, View.RUBRIC, near)
    return rated(Difficulty.HARD, View.VERDICTS, failed)


def _by_score(score: RubricScore | None, settings: FeedbackSettings) -> Difficulty:
    """The difficulty of a question without tests whose answer runs, or is no program."""
    if score is None:
        return Difficulty.MEDIUM
    if score.total >= settings.mastered_score:
        return Difficulty.MASTERED
    if score.total >= settings.easy_score:
        return Difficulty.EASY
    return Difficulty.MEDIUM if score.total >= settings.medium_score else Difficulty.HARD
