"""What is asked for next: parents by their weights, and questions that have no level or tests."""

import random
from collections import Counter

import pytest

from sodakd.methods.parts import placeholder_feedback
from sodakd.records import Difficulty, Feedback
from sodakd.settings.stages import ChildLevels, ParentWeights, UpdateSettings
from sodakd.stages.curriculum import level_of, sample_targets, success_rate, unlocked_level
from sodakd.types import Question

NEVER = {difficulty.value: 0.0 for difficulty in Difficulty}


def row(question: Question, difficulty: Difficulty, level: int | None = None) -> Feedback:
    asked = question.model_copy(update={"id": difficulty.value, "level": level})
    return placeholder_feedback(asked).model_copy(update={"difficulty": difficulty})


@pytest.fixture
def untested(question: Question) -> Question:
    return question.model_copy(update={"tests": None})


@pytest.mark.parametrize(
    ("difficulty", "level", "rate"),
    [
        (Difficulty.MASTERED, 1, 1.0),
        (Difficulty.EASY, 2, 1.0),
        (Difficulty.MEDIUM, 3, 0.5),
        (Difficulty.HARD, 4, 0.0),
        (Difficulty.BROKEN, 5, 0.0),
    ],
)
def test_a_question_without_level_and_tests_is_known_by_its_difficulty(
    difficulty: Difficulty, level: int, rate: float, untested: Question, question: Question
) -> None:
    found = row(untested, difficulty)
    assert (level_of(found), success_rate(found)) == (level, rate)
    tested = row(question, difficulty, level=2)
    assert (level_of(tested), success_rate(tested)) == (2, 1.0)  # its own level, its pass rate
    assert success_rate(tested, verdicts=False) == rate


def test_levels_open_by_what_unquestions_with_tests_look_like(untested: Question) -> None:
    mastered, hard = row(untested, Difficulty.MASTERED), row(untested, Difficulty.HARD)
    easy = row(untested, Difficulty.EASY)
    assert unlocked_level([mastered, easy, hard], gate=0.3) == 3
    assert unlocked_level([hard], gate=0.3) == 1


@pytest.mark.parametrize("only", list(Difficulty))
def test_parents_are_drawn_by_the_weight_of_their_difficulty(
    only: Difficulty, question: Question
) -> None:
    feedback = [row(question, difficulty, level=3) for difficulty in Difficulty]
    weights = ParentWeights(**{**NEVER, only.value: 1.0})
    settings = UpdateSettings(uniform_share=0, parents=weights)
    targets = sample_targets(feedback, 50, settings, random.Random(1))
    assert {target.parent.id for target in targets} == {only.value}


def test_without_any_weight_every_parent_is_as_likely(question: Question) -> None:
    feedback = [row(question, difficulty, level=3) for difficulty in Difficulty]
    settings = UpdateSettings(uniform_share=0, parents=ParentWeights(**NEVER))
    targets = sample_targets(feedback, 1000, settings, random.Random(1))
    counts = Counter(target.parent.id for target in targets)
    assert len(counts) == 5
    assert min(counts.values()) > 140


@pytest.mark.parametrize(("difficulty", "levels"), [(Difficulty.HARD, {2, 3}), ("easy", {5})])
def test_a_new_question_is_as_far_above_its_parent_as_the_recipe_says(
    difficulty: Difficulty, levels: set[int], question: Question
) -> None:
    feedback = [row(question, Difficulty(difficulty), level=3)]
    settings = UpdateSettings(uniform_share=0, gate=0, child_levels=ChildLevels(easy=(2, 4)))
    targets = sample_targets(feedback, 50, settings, random.Random(1))
    assert {target.level for target in targets} == levels
