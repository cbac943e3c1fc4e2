"""Figures over seeds: the mean with its interval, a paired test, Holm's correction, effect size."""

import random
from collections.abc import Sequence
from itertools import product
from math import atan, cos, pi, sin, sqrt
from statistics import mean, stdev

from sodakd.types import FrozenModel

EXACT = 12
"""The most seeds of which all flips are counted: 4,096. Of more, some are drawn."""
_DRAWS = 20_000
_SEED = 0
_TIE = 1e-9


class OverSeeds(FrozenModel):
    """A figure of each seed, their mean, and its 95 % t interval; none of a single seed."""

    values: tuple[float, ...]
    mean: float
    low: float | None
    high: float | None


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Return the mean of one figure a seed, with Student's 95 % interval."""
    middle = mean(values)
    half = None
    if len(values) > 1:
        half = t_quantile(len(values) - 1) * stdev(values) / sqrt(len(values))
    return OverSeeds(
        values=tuple(values),
        mean=middle,
        low=None if half is None else middle - half,
        high=None if half is None else middle + half,
    )


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return the two-sided p of paired differences, by the sign-flip permutation test.

    Were two methods alike, each seed's difference could as well have the other sign: p is the share
    of all flips whose sum is as far from nothing as the one found. Of more than `EXACT` seeds it is
    estimated from drawn flips with a fixed seed.
    """
    least = abs(sum(differences)) - _TIE

    def is_as_far(signs: Sequence[int]) -> bool:
        flipped = (sign * each for sign, each in zip(signs, differences, strict=True))
        return abs(sum(flipped)) >= least

    count = len(differences)
    if count <= EXACT:
        return sum(map(is_as_far, product((1, -1), repeat=count))) / 2.0**count
    rng = random.Random(_SEED)
    drawn = (rng.choices((1, -1), k=count) for _ in range(_DRAWS))
    return (sum(map(is_as_far, drawn)) + 1) / (_DRAWS + 1)


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p values of several tests, corrected for their number (Holm 1979)."""
    corrected, most = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        most = max(most, min(1.0, (len(ps) - rank) * ps[place]))
        corrected[place] = most
    return corrected


def effect_size(differences: Sequence[float]) -> float | None:
    """Return Cohen's d of paired differences: mean by deviation; None where they do not vary."""
    spread = stdev(differences) if len(differences) > 1 else 0.0
    return mean(differences) / spread if spread > _TIE else None


def t_quantile(freedom: int) -> float:
    """Return the value that |t| stays below in 95 %: Student's, of whole degrees of freedom."""
    low, high = 0.0, 13.0  # 12.706 of one degree is the largest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_within(middle, freedom) < 0.95 else (low, middle)
    return high


def _share_within(limit: float, freedom: int) -> float:
    """P(|t| < limit), in closed form (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle, odd = atan(limit / sqrt(freedom)), freedom % 2
    term, total = cos(angle) if odd else 1.0, 0.0
    for at in range(2 + odd, freedom + 1, 2):
        total += term
        term *= (at - 1) / at * cos(angle) ** 2
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
