"""Difficulty: one readable rule, and the reason kept with it."""

import pytest

from sodakd.records import Difficulty, RubricScore
from sodakd.settings.stages import FeedbackSettings
from sodakd.stages.difficulty import View, rate_difficulty
from sodakd.types import JudgeStage, Outcome, Verdict

PASSED = Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN)
WRONG = Verdict(outcome=Outcome.WRONG_ANSWER, stage=JudgeStage.RUN)
BROKEN = Verdict(outcome=Outcome.COMPILE_ERROR, stage=JudgeStage.COMPILE)


def score(total: float) -> RubricScore:
    points = [2.0, 1.0, 1.0, 1.0, 1.0]
    for place in range(5):
        taken = min(points[place], max(0.0, sum(points) - total))
        points[place] -= taken
    return RubricScore(
        functionality=points[0],
        boundary=points[1],
        coverage=points[2],
        readability=points[3],
        practices=points[4],
        reason="seen",
    )


@pytest.mark.parametrize(
    ("verdicts", "total", "difficulty"),
    [
        ([PASSED], 6.0, Difficulty.MASTERED),
        ([PASSED], None, Difficulty.MASTERED),
        ([PASSED, PASSED], 5.0, Difficulty.EASY),
        ([PASSED, WRONG], 6.0, Difficulty.MEDIUM),
        ([WRONG], 4.0, Difficulty.MEDIUM),
        ([WRONG], 2.5, Difficulty.HARD),
        ([WRONG], None, Difficulty.HARD),
        ([WRONG, BROKEN], 1.0, Difficulty.HARD),
        ([BROKEN, BROKEN], 4.0, Difficulty.BROKEN),
    ],
)
def test_both_views_decide(
    verdicts: list[Verdict], total: float | None, difficulty: Difficulty
) -> None:
    grade = None if total is None else score(total)
    judged = rate_difficulty(verdicts, grade, FeedbackSettings())
    assert judged.difficulty is difficulty
    assert f"of {len(verdicts)} passed" in judged.reason
    assert judged.reason.endswith(f"decided by the {judged.view}")
    alone = rate_difficulty(verdicts, None, FeedbackSettings())
    assert (judged.view is View.RUBRIC) is (judged.difficulty is not alone.difficulty)
    assert ("not graded" if total is None else f"{total:g} of 6") in judged.reason


def test_where_verdicts_do_not_count_the_rubric_alone_decides() -> None:
    settings = FeedbackSettings(verdicts=False)
    for verdicts in ([PASSED], [WRONG], [BROKEN]):
        for total, difficulty in ((6.0, Difficulty.MASTERED), (1.0, Difficulty.HARD)):
            judged = rate_difficulty(verdicts, score(total), settings)
            assert (judged.difficulty, judged.view) == (difficulty, View.RUBRIC)
    with pytest.raises(ValueError, match="one of the two views must stay"):
        FeedbackSettings(verdicts=False, scorer="none")


WORDS = Verdict(outcome=Outcome.NOT_EXECUTABLE, stage=JudgeStage.EXTRACT)


@pytest.mark.parametrize(
    ("verdict", "total", "difficulty"),
    [
        (PASSED, 5.5, Difficulty.MASTERED),
        (PASSED, 5.0, Difficulty.EASY),
        (PASSED, 4.0, Difficulty.MEDIUM),
        (PASSED, 2.5, Difficulty.HARD),
        (PASSED, None, Difficulty.MEDIUM),
        (WORDS, 5.5, Difficulty.MASTERED),
        (WORDS, 2.5, Difficulty.HARD),
        (BROKEN, 5.5, Difficulty.BROKEN),
    ],
)
def test_without_tests_the_rubric_decides_of_what_runs_or_is_no_program(
    verdict: Verdict, total: float | None, difficulty: Difficulty
) -> None:
    grade = None if total is None else score(total)
    judged = rate_difficulty([verdict], grade, FeedbackSettings(), tested=False)
    assert judged.difficulty is difficulty
    assert "without tests" in judged.reason
