"""How hard a question is for the student: one readable rule over both views."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.records import Difficulty, RubricScore
from sodakd.settings.stages import FeedbackSettings
from sodakd.types import Outcome, Verdict

_NO_PROGRAM = {Outcome.COMPILE_ERROR, Outcome.NOT_EXECUTABLE}


@dataclass(frozen=True)
class DifficultyRating:
    """A difficulty and the reason for it, in words."""

    difficulty: Difficulty
    reason: str


def rate_difficulty(
    verdicts: Sequence[Verdict],
    score: RubricScore | None,
    settings: FeedbackSettings,
    *,
    tested: bool = True,
) -> DifficultyRating:
    """Fuse the tool view (all samples) and the model view (the first one) into a difficulty.

    mastered: every sample passes, and the rubric finds nothing to mend; easy: every sample passes;
    medium: some pass, or the rubric calls a failing answer a near miss; broken: no sample is even
    a program; hard: all else. Without tests the rubric decides: to run proves little there, and an
    answer in words may be a good one.
    """
    passed = sum(verdict.passed for verdict in verdicts)
    share = f"{passed} of {len(verdicts)} {'passed' if tested else 'ran, without tests'}"
    points = "not graded" if score is None else f"the teacher gave {score.total:g} of 6"
    if passed and not tested:
        return DifficultyRating(_by_score(score, settings), f"{share}; {points}")
    if passed == len(verdicts):
        if score is None or score.total >= settings.mastered_score:
            return DifficultyRating(Difficulty.MASTERED, f"{share}; {points}")
        return DifficultyRating(
            Difficulty.EASY, f"{share}; {points}, below {settings.mastered_score:g} for mastered"
        )
    if passed:
        return DifficultyRating(Difficulty.MEDIUM, f"{share}; {points}")
    outcomes = sorted({verdict.outcome.value for verdict in verdicts})
    failed = f"{share} ({', '.join(outcomes)}); {points}"
    seen = {verdict.outcome for verdict in verdicts}
    if not tested and seen == {Outcome.NOT_EXECUTABLE}:
        return DifficultyRating(
            _by_score(score, settings), f"{failed}; it asks for no program, perhaps"
        )
    if seen <= _NO_PROGRAM:
        return DifficultyRating(Difficulty.BROKEN, f"{failed}; no sample is a program")
    if score is not None and score.total >= settings.medium_score:
        return DifficultyRating(
            Difficulty.MEDIUM, f"{failed}: a near miss from {settings.medium_score:g} on"
        )
    return DifficultyRating(Difficulty.HARD, failed)


def _by_score(score: RubricScore | None, settings: FeedbackSettings) -> Difficulty:
    """The difficulty of a question without tests whose answer runs, or is no program."""
    if score is None:
        return Difficulty.MEDIUM
    if score.total >= settings.mastered_score:
        return Difficulty.MASTERED
    if score.total >= settings.easy_score:
        return Difficulty.EASY
    return Difficulty.MEDIUM if score.total >= settings.medium_score else Difficulty.HARD
