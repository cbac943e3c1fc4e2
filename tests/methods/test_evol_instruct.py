"""Evol-Instruct: rounds of rewriting, what fails in them, and the budget that they have."""

from collections import Counter

import pytest

from sodakd.errors import DataError
from sodakd.methods.evol_instruct import evol_instruct
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings
from sodakd.teacher.requests import Evolve, Operation
from tests.methods.fake_context import FakeContext, inputs

RECIPE = Recipe(questions=QuestionSettings(seeds=10), feedback=FeedbackSettings(probes=3), cycles=1)
ROUNDS = ["questions-1", "questions-2", "questions-3"]


def rewritten(context: FakeContext, step: str) -> list[str]:
    return [each.question.text for each in context.requests[step] if isinstance(each, Evolve)]


def test_each_round_rewrites_what_the_round_before_made_and_all_of_it_is_learnt() -> None:
    context = FakeContext(RECIPE)
    evol_instruct(context, inputs(10))
    assert list(context.requests) == ROUNDS
    assert rewritten(context, "questions-1") == [f"seed {number}" for number in range(10)]
    assert rewritten(context, "questions-2") == [f"questions-1 {number}" for number in range(10)]
    assert context.pools == [10, 20, 30]
    assert len(context.studied["solutions"]) == 40
    assert context.settings["student"].loss == "none"


def test_a_question_whose_evolution_failed_is_rewritten_in_the_next_round_by_another_request() -> (
    None
):
    context = FakeContext(RECIPE, failing=[4])
    evol_instruct(context, inputs(10))
    for step in ROUNDS:
        assert rewritten(context, step)[4] == "seed 4"
    tries = {context.requests[step][4].model_dump_json() for step in ROUNDS}
    assert len(tries) == 3
    assert len(context.studied["solutions"]) == 10 + 3 * 9


def test_operations_are_drawn_evenly() -> None:
    recipe = RECIPE.model_copy(update={"questions": QuestionSettings(seeds=500)})
    context = FakeContext(recipe)
    evol_instruct(context, inputs(500))
    drawn = [each for step in ROUNDS for each in context.requests[step]]
    seen = Counter(each.operation for each in drawn if isinstance(each, Evolve))
    assert set(seen) == set(Operation)
    assert all(250 < count < 350 for count in seen.values())


@pytest.mark.parametrize("failing", [(), (0, 5)])
def test_a_later_arm_makes_the_calls_of_the_first_one_and_more_seeds_take_what_failures_leave(
    failing: tuple[int, ...],
) -> None:
    allowance = Allowance(calls=75, tokens=0, money=0, steps=8)
    context = FakeContext(RECIPE, allowance=allowance, failing=failing)
    evol_instruct(context, inputs(10))
    assert [len(context.requests[step]) for step in ROUNDS] == [10, 10, 10]  # of 75 // 7 seeds
    assert sum(context.asked.values()) == 75
    seeds = [text for text in context.studied["solutions"] if text.startswith("seed")]
    assert len(seeds) == 75 - 30 - 3 * (10 - len(failing))
    assert len(set(seeds)) == len(seeds)
    assert context.settings["student"].max_steps == 8
    assert context.said == []


def test_a_teacher_that_solves_nothing_is_an_error() -> None:
    with pytest.raises(DataError, match="none of the questions"):
        evol_instruct(FakeContext(RECIPE, empty=["solutions"]), inputs(10))
