"""Validation of a scorer: its agreement with grades of questions that it has not seen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sodakd.errors import ScorerRefused
from sodakd.scoring.agreement import (
    Rows,
    Values,
    auc,
    estimate,
    kendall,
    mean_absolute_error,
    partial_spearman,
    quadratic_kappa,
    resamples,
    spearman,
)
from sodakd.scoring.figures import CalibrationBin, Consistency, Estimate, ScorerCheck, refusal
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.rubric import LEVELS, Prediction, points_of
from sodakd.scoring.split import group_numbers
from sodakd.types import FrozenModel

TOTAL = "total"
BINS = 6
"""Bins of the calibration table: a point of the total each."""
RESAMPLES = 500


class RuleAgreement(FrozenModel):
    """The agreement with the grades on a rule, or in total.

    Correlations are of the expected points to the nearest half, as grades are: where most answers
    have one grade, a finer order among them could agree with none. Kappa and the mean absolute
    error are of the half points that the scorer gives.
    """

    rule: str
    spearman: Estimate
    kendall: Estimate
    kappa: Estimate
    mae: Estimate
    graded_mean: float
    scored_mean: float


class GroupAgreement(FrozenModel):
    """The agreement in total on the answers of a language, or of an author.

    `trained_on` is the number of such answers that trained the scorer.
    """

    by: str
    group: str
    answers: int
    trained_on: int
    spearman: Estimate
    mae: Estimate


class Baseline(FrozenModel):
    """What a simple predictor of the total reaches, and the scorer on the same answers."""

    name: str
    answers: int
    spearman: Estimate
    scorer_spearman: Estimate
    auc: Estimate


class Validation(FrozenModel):
    """A scorer's agreement with grades: `validation.json`. Intervals are 95 %, over questions."""

    base: str
    answers: int
    questions: int
    seen: int
    cut: int
    resamples: int
    rules: tuple[RuleAgreement, ...]
    judged: int
    auc: Estimate
    given_length: Estimate
    baselines: tuple[Baseline, ...]
    calibration: tuple[CalibrationBin, ...]
    groups: tuple[GroupAgreement, ...]
    consistency: Consistency | None

    @property
    def total(self) -> RuleAgreement:
        """The agreement in total."""
        return next(one for one in self.rules if one.rule == TOTAL)

    def check(self, scorer: str = "") -> ScorerCheck:
        """The figures that decide whether it is believed; `scorer` is its step in a run."""
        return ScorerCheck(
            scorer=scorer,
            answers=self.answers,
            questions=self.questions,
            judged=self.judged,
            spearman=self.total.spearman,
            mae=self.total.mae,
            auc=self.auc,
            calibration=self.calibration,
            consistency=self.consistency,
        )


@dataclass(frozen=True)
class _Sample:
    """Answers as columns of numbers, and the resamples that intervals are from."""

    draws: Sequence[Rows]

    def of(
        self, statistic: Callable[..., float], *columns: Values, where: Values | None = None
    ) -> Estimate:
        """A statistic of columns, over all rows or those `where` a column is true."""

        def compute(rows: Rows) -> float:
            chosen = rows if where is None else rows[where[rows] > 0]
            return statistic(*(column[chosen] for column in columns))

        return estimate(compute, len(columns[0]), self.draws)


def validate(
    rows: Sequence[GradedAnswer],
    predictions: Sequence[Prediction],
    *,
    base: str,
    trained_on: Mapping[str, Mapping[str, int]],
    again: Sequence[GradedAnswer] = (),
    seen: int = 0,
    count: int = RESAMPLES,
    seed: int = 0,
) -> Validation:
    """Return the agreement of a scorer's predictions with the grades of the same answers.

    `trained_on` counts the answers that trained it, by `language` and `author`; `seen` is how many
    graded answers were left out here because their question was seen in training. `again`: answers
    that were graded twice, each with both grades, one after the other.
    """
    groups = group_numbers(rows)
    sample = _Sample(resamples(groups, count, seed))
    graded = _column([row.score.total for row in rows])
    scored = _column([one.total for one in predictions])
    ordered = _halves(scored)
    given = _column([sum(one.points.values()) for one in predictions])
    length = _column([len(row.answer) for row in rows])
    judged = _column([row.passed is not None for row in rows])
    passed = _column([bool(row.passed) for row in rows])
    rules = [
        _rule(
            sample,
            rule,
            graded=_column([points_of(row.score)[rule] for row in rows]),
            scored=_column([one.expected[rule] for one in predictions]),
            given=_column([one.points[rule] for one in predictions]),
        )
        for rule in LEVELS
    ]
    return Validation(
        base=base,
        answers=len(rows),
        questions=len(set(groups)),
        seen=seen,
        cut=sum(one.cut for one in predictions),
        resamples=count,
        rules=(*rules, _rule(sample, TOTAL, graded=graded, scored=scored, given=given)),
        judged=int(judged.sum()),
        auc=sample.of(auc, scored, passed, where=judged),
        given_length=sample.of(partial_spearman, ordered, graded, length),
        baselines=(
            Baseline(
                name="length",
                answers=len(rows),
                spearman=sample.of(spearman, length, graded),
                scorer_spearman=sample.of(spearman, ordered, graded),
                auc=sample.of(auc, length, passed, where=judged),
            ),
            Baseline(
                name="verdict",
                answers=int(judged.sum()),
                spearman=sample.of(spearman, passed, graded, where=judged),
                scorer_spearman=sample.of(spearman, ordered, graded, where=judged),
                auc=Estimate(),
            ),
        ),
        calibration=tuple(_calibration(graded, scored, passed, judged)),
        groups=tuple(_groups(sample, rows, graded, ordered, given, trained_on)),
        consistency=consistency(again or rows, count, seed),
    )


def check_floors(found: Validation, min_spearman: float | None, min_auc: float | None) -> None:
    """Refuse a scorer whose total agrees less with the grades, or tells passing less, than asked.

    Raises:
        ScorerRefused: a figure is below its floor, or is not there; all of them are in the words.
    """
    low = refusal(found.check(), min_spearman, min_auc)
    if low:
        raise ScorerRefused(
            f"{low}. Train it on more grades or a larger base, or let the teacher grade"
        )


def _rule(
    sample: _Sample, rule: str, *, graded: Values, scored: Values, given: Values
) -> RuleAgreement:
    return RuleAgreement(
        rule=rule,
        spearman=sample.of(spearman, _halves(scored), graded),
        kendall=sample.of(kendall, _halves(scored), graded),
        kappa=sample.of(quadratic_kappa, given, graded),
        mae=sample.of(mean_absolute_error, given, graded),
        graded_mean=float(graded.mean()),
        scored_mean=float(scored.mean()),
    )


def _calibration(
    graded: Values, scored: Values, passed: Values, judged: Values
) -> Iterator[CalibrationBin]:
    number = np.minimum(scored.astype(int), BINS - 1)
    for at in range(BINS):
        here = number == at
        if not here.any():
            continue
        ran = here & (judged > 0)
        yield CalibrationBin(
            low=at,
            high=at + 1,
            answers=int(here.sum()),
            scored=float(scored[here].mean()),
            graded=float(graded[here].mean()),
            passed=float(passed[ran].mean()) if ran.any() else None,
        )


def _groups(
    sample: _Sample,
    rows: Sequence[GradedAnswer],
    graded: Values,
    ordered: Values,
    given: Values,
    trained_on: Mapping[str, Mapping[str, int]],
) -> Iterator[GroupAgreement]:
    for by in ("language", "author"):
        names = [str(getattr(row, by)) for row in rows]
        for name in sorted(set(names)):
            here = _column([one == name for one in names])
            yield GroupAgreement(
                by=by,
                group=name or "unknown",
                answers=int(here.sum()),
                trained_on=trained_on.get(by, {}).get(name, 0),
                spearman=sample.of(spearman, ordered, graded, where=here),
                mae=sample.of(mean_absolute_error, given, graded, where=here),
            )


def consistency(rows: Sequence[GradedAnswer], count: int, seed: int) -> Consistency | None:
    """Return the agreement of the first two grades of each answer that has several."""
    grades: dict[tuple[str, str], list[GradedAnswer]] = {}
    for row in rows:
        grades.setdefault((row.question, row.answer), []).append(row)
    twice = [both[:2] for both in grades.values() if len(both) > 1]
    if not twice:
        return None
    one, other = (_column([both[at].score.total for both in twice]) for at in (0, 1))
    sample = _Sample(resamples(group_numbers([first for first, _ in twice]), count, seed))
    return Consistency(
        answers=len(twice),
        spearman=sample.of(spearman, one, other),
        kappa=sample.of(quadratic_kappa, one, other),
        mae=sample.of(mean_absolute_error, one, other),
    )


def _halves(points: Values) -> Values:
    """Points to the nearest half."""
    return np.round(2 * points) / 2


def _column(values: Sequence[float]) -> Values:
    return np.asarray(values, dtype=np.float64)
