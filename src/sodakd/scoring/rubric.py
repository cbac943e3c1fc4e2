"""The rubric of five rules as a scorer sees it: ordered levels, half a point apart."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Prediction:
    """A scorer's points for an answer.

    `expected` are the means of the scorer's distributions over each rule's levels, `points` their
    medians, which are half points as a grade has them. `cut`: the text was too long, and its middle
    is missing.
    """

    expected: Mapping[str, float]
    points: Mapping[str, float]
    cut: bool = False

    @property
    def total(self) -> float:
        """The sum of the expected points, 0 to 6."""
        return sum(self.expected.values())
