"""Rejection sampling: the student learns from what it can do already, and the teacher rests."""

from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.methods.rft import rft
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings
from tests.methods.fake_context import FakeContext, inputs

RECIPE = Recipe(questions=QuestionSettings(seeds=10), feedback=FeedbackSettings(probes=3), cycles=1)


def test_the_base_learns_from_its_own_answers_without_contrast_and_a_call() -> None:
    allowance = Allowance(calls=25, tokens=1000, money=0.5, steps=77)
    context = FakeContext(RECIPE, allowance=allowance)
    assert rft(context, inputs(10)) == Path("base/student")
    assert len(context.studied["solutions"]) == 10
    learnt = context.examples["student"]
    assert [each.chosen for each in learnt[:10]] == ["own"] * 10
    assert not any(each.rejected for each in learnt)
    assert (context.settings["student"].max_steps, context.settings["student"].loss) == (77, "none")
    assert context.said == [
        "25 of the 25 teacher calls of this arm stay unspent: the student learns from its own"
        " answers"
    ]


def test_a_student_that_solves_nothing_has_nothing_to_learn_from() -> None:
    context = FakeContext(RECIPE, empty=["solutions"])
    with pytest.raises(DataError, match=r"raise rft\.samples"):
        rft(context, inputs(10))


def test_a_later_arm_that_has_nothing_to_learn_keeps_the_base_and_the_run_goes_on() -> None:
    allowance = Allowance(calls=25, tokens=1000, money=0.5, steps=77)
    context = FakeContext(RECIPE, empty=["solutions"], allowance=allowance)
    assert rft(context, inputs(10)) == Path("base")
    assert context.students == {"": Path("base")}
    assert context.said[0].startswith("the base student is kept: of 0 tested seeds")
