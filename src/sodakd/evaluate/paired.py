"""The difference of two models on the same questions: McNemar's test, or a permutation test."""

import random
from collections.abc import Sequence
from math import comb, sqrt

from sodakd.evaluate.groups import ExamGroup
from sodakd.records import PairedDifference

Rates = Sequence[float | None]
"""The share of each question's answers that passed; None where its tests cannot run."""
_RESAMPLES = 2000
_SEED = 0
_Z = 1.959964


def paired_difference(group: ExamGroup, kept: Rates, other: Rates, name: str) -> PairedDifference:
    """Return the kept model's pass rate less the one of the other, whose `name` is given.

    Questions of one language, each answered once: McNemar's exact test, and the interval of a
    difference of paired shares (Agresti, *Categorical Data Analysis*, section 11.1), which only
    questions widen that one of the two alone solves. An average over columns, or over several
    answers to a question: the permutation test that turns each question's difference around or
    not (Fisher 1935), and the interval of a percentile bootstrap over the questions of each column
    (Efron and Tibshirani 1993), both with a fixed seed. `won` and `lost` are the questions that one
    solves more often.
    """
    columns = [
        [mine - theirs
         for mine, theirs in ((kept[place], other[place]) for place in own)
         if mine is not None and theirs is not None]
        for own in group.columns
    ]  # fmt: skip
    values = [value for column in columns for value in column]
    won, lost = sum(value > 0 for value in values), sum(value < 0 for value in values)
    difference = _mean(columns)
    single = len(columns) == 1 and all(value in {-1, 0, 1} for value in values)
    low, high, p = _mcnemar(won, lost, len(values)) if single else _resampled(columns)
    return PairedDifference(
        group=group.name, other=name, questions=len(values), won=won, lost=lost,
        difference=difference, low=low, high=high, p=p,
        test="mcnemar" if single else "permutation",
    )  # fmt: skip


def _mean(columns: Sequence[Sequence[float]]) -> float:
    return sum(sum(column) / len(column) for column in columns) / len(columns)


def _mcnemar(won: int, lost: int, count: int) -> tuple[float, float, float]:
    """The interval of the difference, and the two-sided p of the binomial test on discordances."""
    gap, either = won - lost, won + lost
    half = _Z * sqrt(max(either - gap**2 / count, 0.0)) / count
    tail = sum(comb(either, each) for each in range(min(won, lost) + 1)) / 2**either
    return gap / count - half, gap / count + half, min(1.0, 2 * tail)


def _resampled(columns: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """The percentile interval, and the share of turned differences that are as far from nothing."""
    rng = random.Random(_SEED)
    drawn = sorted(
        _mean([rng.choices(column, k=len(column)) for column in columns]) for _ in range(_RESAMPLES)
    )
    cut = round(0.025 * _RESAMPLES)
    least = abs(_mean(columns)) - 1e-12  # sums of the same numbers differ in their last bits
    turned = [
        abs(_mean([[rng.choice((-each, each)) for each in column] for column in columns]))
        for _ in range(_RESAMPLES)
    ]
    far = sum(each >= least for each in turned)
    return drawn[cut], drawn[-cut - 1], (far + 1) / (_RESAMPLES + 1)
