"""The rubric of five rules as a scorer sees it: ordered levels, half a point apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from sodakd.records import RubricScore

LEVELS: Mapping[str, int] = {
    "functionality": 5, "boundary": 3, "coverage": 3, "readability": 3, "practices": 3,
}  # fmt: skip
"""Levels of each rule: 0 points, then half a point more each."""
HALF = 0.5


def points_of(score: RubricScore) -> dict[str, float]:
    """The points of each rule."""
    return {rule: float(getattr(score, rule)) for rule in LEVELS}


def level_of(points: float) -> int:
    """The level that points stand for."""
    return round(points / HALF)


def median_level(masses: Sequence[float]) -> int:
    """The level in which half of a distribution over levels is reached."""
    below = sum(mass < 0.5 for mass in accumulate(masses))
    return min(below, len(masses) - 1)


@dataclass(frozen=True)
class Prediction:
    """A scorer's points for an answer.

    `expected` are the means of the scorer's distributions over each rule's levels, `points` their
    medians, which are half points as a grade has them. `cut`: the text was too long, and its middle
    is missing. `analysis` is what a generative scorer wrote before the points.
    """

    expected: Mapping[str, float]
    points: Mapping[str, float]
    cut: bool = False
    analysis: str = ""

    @classmethod
    def of(
        cls, masses: Mapping[str, Sequence[float]], *, cut: bool = False, analysis: str = ""
    ) -> Self:
        """The points of a distribution over each rule's levels."""
        return cls(
            expected={
                rule: HALF * sum(level * mass for level, mass in enumerate(of))
                for rule, of in masses.items()
            },
            points={rule: HALF * median_level(of) for rule, of in masses.items()},
            cut=cut,
            analysis=analysis,
        )

    @property
    def total(self) -> float:
        """The sum of the expected points, 0 to 6."""
        return sum(self.expected.values())
