"""PERsD: what the student fails at is refined and learnt, by one of three variants."""

from typing import Literal

import pytest

from sodakd.errors import DataError
from sodakd.methods.persd import persd
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.settings.methods import PersdSettings
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings
from tests.methods.fake_context import FakeContext, inputs

RECIPE = Recipe(questions=QuestionSettings(seeds=10), feedback=FeedbackSettings(probes=3), cycles=1)
FIX = "seed 5\n\nThis program is wrong:\n\nattempt\n\nRunning it said: error\n\nMend it."


@pytest.mark.parametrize(
    ("variant", "first", "count"),
    [("refine", "seed 5", 5), ("fix", FIX, 5), ("combined", "seed 5", 10)],
)
def test_the_seeds_that_the_base_fails_at_are_learnt_by_the_variant(
    variant: Literal["refine", "fix", "combined"], first: str, count: int
) -> None:
    recipe = RECIPE.model_copy(update={"persd": PersdSettings(variant=variant)})
    context = FakeContext(recipe)
    persd(context, inputs(10))
    refined = [each for each in context.examples["student"] if each.chosen == "refined"]
    assert (refined[0].prompt, len(refined)) == (first, count)
    assert (FIX in {each.prompt for each in refined}) is (variant != "refine")
    assert context.settings["student"].loss == "none"
    assert context.asked == {"refinements-1": 5}


def test_a_later_arm_tries_more_questions_until_its_calls_are_spent() -> None:
    context = FakeContext(RECIPE, allowance=Allowance(calls=20, tokens=0, money=0, steps=8))
    persd(context, inputs(10))
    tried = [text for texts in context.studied.values() for text in texts]
    assert tried == [f"seed {number}" for number in range(len(tried))]
    assert [len(texts) for texts in context.studied.values()] == [10, 15, 7, 3]
    assert list(context.asked.values()) == [5, 8, 4, 2]
    assert context.settings["student"].max_steps == 8
    (words,) = context.said
    assert words.startswith("1 of the 20 teacher calls of this arm stay unspent: too few")


def test_no_more_answers_are_refined_than_there_are_calls() -> None:
    context = FakeContext(RECIPE, allowance=Allowance(calls=3, tokens=0, money=0, steps=8))
    persd(context, inputs(10))
    assert context.asked == {"refinements-1": 3}
    assert context.said == []


def test_without_a_refinement_that_passes_there_is_nothing_to_learn() -> None:
    with pytest.raises(DataError, match="no refinement"):
        persd(FakeContext(RECIPE, empty=["refinements-1"]), inputs(10))
