"""The parents and levels of the next questions: gated by success, with a uniform floor."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.records import Difficulty, Feedback
from sodakd.settings.stages import UpdateSettings
from sodakd.types import LEVELS, Question

LEVEL_STEPS: Mapping[Difficulty, tuple[int, ...]] = {
    Difficulty.MASTERED: (1,),
    Difficulty.EASY: (1,),
    Difficulty.MEDIUM: (0,),
    Difficulty.HARD: (0, -1),
    Difficulty.BROKEN: (-1,),
}
"""Steps in level from a parent of this difficulty; one is drawn where there are several."""


LEVEL_OF_DIFFICULTY: Mapping[Difficulty, int] = {
    Difficulty.MASTERED: 1,
    Difficulty.EASY: 2,
    Difficulty.MEDIUM: 3,
    Difficulty.HARD: 4,
    Difficulty.BROKEN: 5,
}
"""The level of a question that has none of its own: how hard it is for the student now."""


def level_of(row: Feedback) -> int:
    """A question's level, or the one that its difficulty stands for."""
    return row.question.level or LEVEL_OF_DIFFICULTY[row.difficulty]


def success_rate(row: Feedback) -> float:
    """Return the student's success, 0 to 1: its pass rate, or without tests by difficulty."""
    if row.question.tests is not None:
        return row.pass_rate
    if row.difficulty is Difficulty.MEDIUM:
        return 0.5
    return float(row.difficulty in {Difficulty.MASTERED, Difficulty.EASY})


@dataclass(frozen=True)
class QuestionTarget:
    """A new question to ask for."""

    parent: Question
    level: int


def unlocked_level(feedback: Sequence[Feedback], gate: float) -> int:
    """The highest level whose levels below all have a pass rate of at least `gate`."""
    highest = LEVELS[0]
    for level in LEVELS[:-1]:
        rates = [success_rate(row) for row in feedback if level_of(row) == level]
        if not rates or sum(rates) / len(rates) < gate:
            break
        highest = level + 1
    return highest


def sample_targets(
    feedback: Sequence[Feedback], count: int, settings: UpdateSettings, rng: random.Random
) -> list[QuestionTarget]:
    """Return what to ask for: a share over all levels evenly, the rest where the feedback points.

    The uniform share asks from the parent whose level is nearest; the rest draws parents by the
    weight of their difficulty, and moves no higher than the highest open level.
    """
    highest = unlocked_level(feedback, settings.gate)
    weights = [settings.parents.of(row.difficulty) for row in feedback]
    if not any(weights):
        weights = [1.0] * len(feedback)
    nearest = {level: _nearest(feedback, level) for level in LEVELS}
    targets = []
    for _ in range(count):
        if rng.random() < settings.uniform_share:
            level = rng.choice(LEVELS)
            targets.append(QuestionTarget(rng.choice(nearest[level]), level))
            continue
        row = rng.choices(feedback, weights)[0]
        level = level_of(row) + rng.choice(LEVEL_STEPS[row.difficulty])
        targets.append(QuestionTarget(row.question, max(1, min(level, highest))))
    return targets


def _nearest(feedback: Sequence[Feedback], level: int) -> list[Question]:
    def distance(row: Feedback) -> int:
        return abs(level_of(row) - level)

    least = min(distance(row) for row in feedback)
    return [row.question for row in feedback if distance(row) == least]
