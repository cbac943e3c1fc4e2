"""Agreement of two gradings of the same answers, with intervals of a bootstrap over questions."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

from sodakd.scoring.figures import Estimate

Values = NDArray[np.float64]
Rows = NDArray[np.intp]
"""Numbers of rows, as a resample drew them."""
_FEWEST = 3
"""Rows below which no correlation is computed."""


def resamples(groups: Sequence[int], count: int, seed: int) -> list[Rows]:
    """Draw rows `count` times: as many groups as there are, with replacement, each as a whole."""
    numbers = np.asarray(groups)
    members = [np.flatnonzero(numbers == group) for group in np.unique(numbers)]
    rng = np.random.default_rng(seed)
    return [
        np.concatenate([members[at] for at in rng.integers(len(members), size=len(members))])
        for _ in range(count)
    ]


def estimate(statistic: Callable[[Rows], float], rows: int, draws: Sequence[Rows]) -> Estimate:
    """Return a statistic of all rows with its percentile interval (Efron and Tibshirani 1993).

    Resamples that do not define it are left out; with fewer than half of them there is no interval.
    """
    value = statistic(np.arange(rows))
    if not np.isfinite(value):
        return Estimate()
    drawn = np.array([statistic(draw) for draw in draws])
    drawn = drawn[np.isfinite(drawn)]
    if 2 * len(drawn) < len(draws) or not len(drawn):
        return Estimate(value=float(value))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value=float(value), low=float(low), high=float(high))


def spearman(one: Values, other: Values) -> float:
    """Return Spearman's rank correlation; NaN where one side is constant."""
    return _pearson(rankdata(one), rankdata(other)) if len(one) >= _FEWEST else np.nan


def kendall(one: Values, other: Values) -> float:
    """Return Kendall's tau-b; NaN where one side is constant."""
    if len(one) < _FEWEST or not np.ptp(one) or not np.ptp(other):
        return np.nan
    return float(kendalltau(one, other, method="asymptotic").statistic)


def quadratic_kappa(one: Values, other: Values) -> float:
    """Return Cohen's kappa with quadratic weights of grades that are evenly spaced.

    With squared distances as weights the table of counts is not needed: what is observed is their
    mean, what is expected by chance the two variances and the squared difference of the means.
    """
    chance = one.var() + other.var() + (one.mean() - other.mean()) ** 2 if len(one) else 0.0
    return float(1 - ((one - other) ** 2).mean() / chance) if chance else np.nan


def mean_absolute_error(one: Values, other: Values) -> float:
    """Return the mean distance, in points."""
    return float(np.abs(one - other).mean()) if len(one) else np.nan


def auc(score: Values, passed: Values) -> float:
    """Return the chance that an answer that passes scores above one that does not; ties are half.

    NaN where all pass, or none does.
    """
    good = int(passed.sum())
    if good in {0, len(passed)}:
        return np.nan
    ranks = rankdata(score)[passed > 0].sum() - good * (good + 1) / 2
    return float(ranks / (good * (len(passed) - good)))


def partial_spearman(one: Values, other: Values, given: Values) -> float:
    """Return the rank correlation of two gradings, with that of each with `given` taken out."""
    if len(one) < _FEWEST + 1:
        return np.nan
    ranks = rankdata(one), rankdata(other), rankdata(given)
    direct = _pearson(ranks[0], ranks[1])
    first, second = _pearson(ranks[0], ranks[2]), _pearson(ranks[1], ranks[2])
    if np.isnan(first) or np.isnan(second):  # a constant takes nothing out
        return direct
    rest = (1 - first**2) * (1 - second**2)
    return float((direct - first * second) / np.sqrt(rest)) if rest > 1e-12 else np.nan


def _pearson(one: Values, other: Values) -> float:
    first, second = one - one.mean(), other - other.mean()
    spread = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / spread) if spread > 0 else np.nan
