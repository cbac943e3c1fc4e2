"""Figures of a scorer, as files hold them; no library is needed to read them."""

from pydantic import Field

from sodakd.types import FrozenModel


class Estimate(FrozenModel):
    """A statistic and its 95 % interval; None where the data do not define it (all values equal,
    say, or too few of them)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        return f"{self.value:.2f}" + (
            "" if self.low is None else f" ({self.low:.2f} to {self.high:.2f})"
        )


class Consistency(FrozenModel):
    """The agreement in total of two grades of the same answer: the most that a scorer can reach."""

    answers: int
    spearman: Estimate
    kappa: Estimate
    mae: Estimate

    def __str__(self) -> str:
        return f"Spearman {self.spearman}, kappa {self.kappa}, mean absolute error {self.mae}"


class CalibrationBin(FrozenModel):
    """Answers whose expected total is from `low` to `high`: its mean, the mean of their grades, and
    the share of those with a verdict that pass."""

    low: float
    high: float
    answers: int
    scored: float
    graded: float
    passed: float | None


class ScorerCheck(FrozenModel):
    """A check of a run's scorer on answers that the teacher graded as well.

    `scorer` is the step that trained it. `judged`: answers with a verdict of tests. `error`: why
    there is none to check.
    """

    scorer: str = ""
    answers: int = 0
    questions: int = 0
    judged: int = 0
    spearman: Estimate = Estimate()
    mae: Estimate = Estimate()
    auc: Estimate = Estimate()
    calibration: tuple[CalibrationBin, ...] = ()
    consistency: Consistency | None = Field(
        default=None,
        description="how far the teacher agrees with itself",
        exclude_if=lambda found: found is None,
    )
    error: str = Field(default="", exclude_if=lambda words: not words)


def refusal(found: ScorerCheck, min_spearman: float | None, min_auc: float | None) -> str:
    """Return why a scorer is refused, in words with its figures; "" where it reaches the floors.

    A figure that the answers do not define is below every floor.
    """
    if found.error:
        return f"there is no scorer: {found.error}"
    named = (
        ("Spearman with the grades", found.spearman, min_spearman),
        ("AUC of passing", found.auc, min_auc),
    )
    low = [
        f"{name} is {figure} and must be {floor:g} at least"
        if figure.value is not None
        else f"{name} must be {floor:g} at least, and these answers do not define it"
        for name, figure, floor in named
        if floor is not None and (figure.value is None or figure.value < floor)
    ]
    if not low:
        return ""
    return (
        f"the scorer is refused on {found.answers} answers to {found.questions} held-back"
        f" questions: {'; '.join(low)}"
    )
