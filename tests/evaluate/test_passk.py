"""pass@1 and its interval."""

import pytest

from sodakd.evaluate.passk import by_level, wilson
from sodakd.types import Attempt, Outcome, Solution, Stage, Verdict


def attempt(level: int, passed: bool) -> Attempt:
    outcome = Outcome.PASSED if passed else Outcome.TIMEOUT
    return Attempt(
        question_id="q",
        level=level,
        solution=Solution(question_id="q", text="", code="", author="s"),
        verdict=Verdict(outcome=outcome, stage=Stage.RUN),
    )


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_gives_published_values(passed: int, total: int, low: float, high: float) -> None:
    assert wilson(passed, total) == pytest.approx((low, high), abs=1e-4)


def test_groups_are_all_then_the_held_out_levels_then_each_level() -> None:
    groups = by_level([attempt(1, True), attempt(2, True), attempt(3, False)])
    assert [group.group for group in groups] == [
        "all",
        "levels 2-3",
        "level 1",
        "level 2",
        "level 3",
    ]
    assert [group.passed for group in groups] == [2, 1, 1, 1, 0]
