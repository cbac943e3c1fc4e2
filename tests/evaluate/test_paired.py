"""Paired differences: McNemar's exact test on one language, a permutation test on averages."""

import pytest

from sodakd.evaluate.groups import ExamGroup, Outcomes
from sodakd.evaluate.paired import paired_difference

ONE = ExamGroup("mbpp Python", [range(100)])
TWO = ExamGroup("x", [range(60), range(60, 100)])
TWO_OF_TWO = ExamGroup("x", [range(1), range(1, 2)])


def answers(*counts: tuple[int, bool | None]) -> Outcomes:
    return [passed for count, passed in counts for _ in range(count)]


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (5, 5, 1.0), (9, 1, 0.021484375), (8, 0, 0.0078125)]
)
def test_mcnemars_test_is_exact_and_asks_only_what_one_alone_solves(
    won: int, lost: int, p: float
) -> None:
    rest = 100 - won - lost
    kept = answers((won, True), (lost, False), (rest, True))
    other = answers((won, False), (lost, True), (rest, True))
    found = paired_difference(ONE, kept, other, "base")
    assert (found.won, found.lost, found.questions) == (won, lost, 100)
    assert found.p == pytest.approx(p)
    assert found.difference == pytest.approx((won - lost) / 100)
    assert found.low <= found.difference <= found.high
    assert found.test == "mcnemar"


def test_an_average_counts_each_language_the_same_and_is_tested_by_a_permutation() -> None:
    kept = answers((30, True), (30, False), (10, True), (30, False))
    other = answers((60, False), (40, False))
    found = paired_difference(TWO, kept, other, "sft")
    assert found.difference == pytest.approx((30 / 60 + 10 / 40) / 2)
    assert found.test == "permutation"
    assert 0.25 < found.low < found.difference < found.high < 0.5
    assert found.p == pytest.approx(1 / 2001)
    assert found == paired_difference(TWO, kept, other, "sft")  # its seed is fixed
    same = paired_difference(TWO, kept, kept, "soda-1")
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_a_question_that_says_nothing_of_one_of_the_two_is_left_out() -> None:
    kept = answers((1, None), (99, True))
    found = paired_difference(ONE, kept, answers((99, False), (1, None)), "base")
    assert (found.questions, found.won, found.lost) == (98, 98, 0)


def test_several_answers_to_a_question_are_tested_by_a_permutation_of_their_rates() -> None:
    kept, other = [0.5] * 60 + [1.0] * 40, [0.25] * 60 + [1.0] * 39 + [None]
    found = paired_difference(ONE, kept, other, "base")
    assert (found.test, found.questions, found.won, found.lost) == ("permutation", 99, 60, 0)
    assert found.difference == pytest.approx(60 * 0.25 / 99)
    assert found.low < found.difference < found.high


def test_few_questions_prove_nothing() -> None:
    found = paired_difference(TWO_OF_TWO, [1.0, 1.0], [0.0, 0.0], "base")
    assert (found.test, found.questions, found.difference) == ("permutation", 2, 1)
    assert found.p == pytest.approx(0.5, abs=0.05)  # two of four ways to turn two differences
