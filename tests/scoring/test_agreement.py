"""Statistics of agreement: against numbers worked by hand, or by another way."""

import numpy as np
import pytest

from sodakd.scoring.agreement import (
    Rows,
    auc,
    estimate,
    kendall,
    mean_absolute_error,
    partial_spearman,
    quadratic_kappa,
    resamples,
    spearman,
)
from sodakd.scoring.figures import Estimate

ONE = np.array([0.0, 1, 2, 3, 4, 4])
OTHER = np.array([0.0, 2, 1, 3, 4, 3])


def test_quadratic_kappa_is_that_of_the_table_of_counts() -> None:
    table = np.zeros((5, 5))
    for first, second in zip(ONE, OTHER, strict=True):
        table[int(first), int(second)] += 1
    weights = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    chance = np.outer(table.sum(1), table.sum(0)) / table.sum()
    assert quadratic_kappa(ONE, OTHER) == pytest.approx(
        1 - (weights * table).sum() / (weights * chance).sum()
    )


def test_auc_is_the_share_of_pairs_in_order_with_ties_as_half() -> None:
    passed = np.array([0.0, 0, 1, 0, 1, 1])
    pairs = [(ONE[i] > ONE[j]) + (ONE[i] == ONE[j]) / 2 for i in (2, 4, 5) for j in (0, 1, 3)]
    assert auc(ONE, passed) == pytest.approx(np.mean(pairs))


def test_rank_correlations_have_their_textbook_values() -> None:
    assert spearman(ONE, ONE**3) == pytest.approx(1)
    assert spearman(ONE, -ONE) == pytest.approx(-1)
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])) == pytest.approx(0.8)
    assert kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])) == pytest.approx(2 / 3)
    assert mean_absolute_error(ONE, OTHER) == pytest.approx(0.5)


def test_a_correlation_by_length_alone_is_gone_once_length_is_given() -> None:
    rng = np.random.default_rng(0)
    length = rng.normal(size=4000)
    one, other = (length + 0.3 * rng.normal(size=4000) for _ in range(2))
    assert spearman(one, other) > 0.85
    assert abs(partial_spearman(one, other, length)) < 0.06
    assert partial_spearman(one, other, np.ones(4000)) == pytest.approx(spearman(one, other))


@pytest.mark.parametrize("statistic", [spearman, kendall, quadratic_kappa])
def test_what_the_data_do_not_define_is_no_number(statistic: object) -> None:
    assert callable(statistic)
    flat = np.ones(6)
    draws = resamples([0, 1, 2, 3, 4, 5], 20, 0)
    if statistic is quadratic_kappa:
        assert np.isnan(statistic(flat, flat))
    else:
        assert np.isnan(statistic(flat, ONE))
        assert np.isnan(statistic(ONE[:2], OTHER[:2]))
    assert estimate(lambda _: float("nan"), 6, draws) == Estimate()
    assert np.isnan(auc(ONE, flat))


def test_a_resample_draws_whole_questions() -> None:
    groups = [0, 0, 0, 1, 1, 2]
    for draw in resamples(groups, 50, 0):
        counts = np.bincount(draw, minlength=6)
        assert counts[0] == counts[1] == counts[2]
        assert counts[3] == counts[4]
        assert counts[0] + counts[3] + counts[5] == 3


def test_an_interval_over_questions_is_wider_than_one_over_their_answers() -> None:
    rng = np.random.default_rng(0)
    effect = np.repeat(rng.normal(size=40), 10)

    def mean(rows: Rows) -> float:
        return float(effect[rows].mean())

    by_question = estimate(mean, 400, resamples([at // 10 for at in range(400)], 300, 0))
    by_answer = estimate(mean, 400, resamples(list(range(400)), 300, 0))
    assert by_question.low is not None
    assert by_question.high is not None
    assert by_answer.low is not None
    assert by_answer.high is not None
    assert by_question.high - by_question.low > 2 * (by_answer.high - by_answer.low)
    assert by_question.low < effect.mean() < by_question.high
