"""OSS-Instruct: a call for each snippet, and what comes of it is learnt."""

import pytest

from sodakd.errors import DataError
from sodakd.methods.oss_instruct import oss_instruct
from sodakd.methods.plan import plan
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings
from sodakd.teacher.requests import Inspire
from tests.golden import QUESTIONS
from tests.methods.fake_context import FakeContext, inputs

RECIPE = Recipe(questions=QuestionSettings(seeds=10), feedback=FeedbackSettings(probes=3), cycles=1)


def test_each_call_is_for_a_snippet_of_what_the_base_was_made_from_and_problems_are_learnt() -> (
    None
):
    context = FakeContext(RECIPE, failing=[3])
    oss_instruct(context, inputs(10))
    asked = context.requests["questions"]
    assert [each.snippet for each in asked if isinstance(each, Inspire)] == [
        f"text {number}" for number in range(10)
    ]
    learnt = context.examples["student"]
    assert [each.prompt for each in learnt[:2]] == ["questions 0", "questions 1"]
    assert {each.chosen for each in learnt[:9]} == {"solution"}


def test_a_later_arm_makes_the_calls_of_the_first_one_and_a_small_corpus_says_what_it_leaves() -> (
    None
):
    allowance = Allowance(calls=25, tokens=0, money=0, steps=8)
    context = FakeContext(RECIPE, allowance=allowance)
    oss_instruct(context, inputs(10))
    assert len(context.requests["questions"]) == 25
    assert context.settings["student"].max_steps == 8
    assert context.said == []
    context = FakeContext(RECIPE, allowance=allowance, tested=7)
    oss_instruct(context, inputs(10))
    assert context.said == [
        "18 of the 25 teacher calls of this arm stay unspent: the corpus has no more snippets"
    ]


def test_a_pretrained_student_without_a_corpus_is_refused_before_anything_is_asked() -> None:
    values: dict[str, object] = {
        "arms": ("oss_instruct",),
        "teacher": {"kind": "openai", "model": "m"},
        "student": {"model_name_or_path": "x"},
        "questions": {"source": str(QUESTIONS), "seeds": 20, "hold_out": 4},
        "feedback": {"probes": 5},
        "cycles": 1,
    }
    with pytest.raises(DataError, match=r"oss_instruct\.source"):
        plan(Recipe.model_validate(values))
    named = Recipe.model_validate({**values, "oss_instruct": {"source": str(QUESTIONS.parent)}})
    (row,) = [row for row in plan(named).calls if row.step == "oss_instruct/questions"]
    assert (row.ask, row.calls) == ("inspire", 20)
    assert [row.examples for row in plan(named).trainings] == [20]
