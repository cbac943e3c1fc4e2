"""The curriculum: parents and levels of new questions, gated by pass rate, with a uniform share."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.records import Difficulty, Feedback
from sodakd.settings.stages import UpdateSettings
from sodakd.types import LEVELS, Question

LEVEL_OF_DIFFICULTY: Mapping[Difficulty, int] = {
    Difficulty.MASTERED: 1,
    Difficulty.EASY: 2,
    Difficulty.MEDIUM: 3,
    Difficulty.HARD: 4,
    Difficulty.BROKEN: 5,
}
"""The level of a question that has none: taken from its difficulty for the student."""


def level_of(row: Feedback) -> int:
    """Return a question's level, or where it has none the level of its difficulty."""
    return row.question.level or LEVEL_OF_DIFFICULTY[row.difficulty]


def success_rate(row: Feedback, *, verdicts: bool = True) -> float:
    """Return the student's success, 0 to 1: its pass rate, else by difficulty.

    That is so without tests, and where `verdicts` do not count.
    """
    if verdicts and row.question.tests is not None:
        return row.pass_rate
    if row.difficulty is Difficulty.MEDIUM:
        return 0.5
    return float(row.difficulty in {Difficulty.MASTERED, Difficulty.EASY})


@dataclass(frozen=True)
class QuestionTarget:
    """What a new question is requested for: its parent and its level."""

    parent: Question
    level: int


def unlocked_level(feedback: Sequence[Feedback], gate: float, *, verdicts: bool = True) -> int:
    """Return the highest level that may be asked for: all below it succeed at `gate` or more.

    Without a gate, of 0, all are open, also where no question of a level was answered.
    """
    if gate == 0:
        return LEVELS[-1]
    highest = LEVELS[0]
    for level in LEVELS[:-1]:
        own = [row for row in feedback if level_of(row) == level]
        rates = [success_rate(row, verdicts=verdicts) for row in own]
        if not rates or sum(rates) / len(rates) < gate:
            break
        highest = level + 1
    return highest


def sample_targets(
    feedback: Sequence[Feedback],
    count: int,
    settings: UpdateSettings,
    rng: random.Random,
    *,
    verdicts: bool = True,
) -> list[QuestionTarget]:
    """Sample the parents and levels of new questions: a uniform share, the rest by feedback.

    The uniform share samples a level, then a parent of the nearest level; the rest samples parents
    by the weight of their difficulty, and levels no higher than the unlocked one.
    """
    highest = unlocked_level(feedback, settings.gate, verdicts=verdicts)
    weights = [settings.parents.of(row.difficulty) for row in feedback]
    if not any(weights):
        weights = [1.0] * len(feedback)
    nearest = {level: _nearest_parents(feedback, level) for level in LEVELS}
    targets = []
    for _ in range(count):
        if rng.random() < settings.uniform_share:
            level = rng.choice(LEVELS)
            targets.append(QuestionTarget(rng.choice(nearest[level]), level))
            continue
        row = rng.choices(feedback, weights)[0]
        level = level_of(row) + rng.choice(settings.child_levels.of(row.difficulty))
        targets.append(QuestionTarget(row.question, max(1, min(level, highest))))
    return targets


def _nearest_parents(feedback: Sequence[Feedback], level: int) -> list[Question]:
    def distance(row: Feedback) -> int:
        return abs(level_of(row) - level)

    smallest = min(distance(row) for row in feedback)
    return [row.question for row in feedback if distance(row) == smallest]
