"""On-policy distillation: rounds of the student's own answers, and what the teacher may read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import DataError, RecipeError
from sodakd.methods.arms import arms_of, budget_kind, budget_remark
from sodakd.methods.opd import opd
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from tests.methods.fake_context import FakeContext, inputs, question

OPD = {"rounds": 3, "samples": 2}


def made(**settings: Any) -> Recipe:
    return Recipe.model_validate({
        "questions": {"seeds": 9},
        "feedback": {"probes": 3},
        "cycles": 1,
        "training": {"loss": "first_difference", "per_device_train_batch_size": 4},
        "opd": OPD,
        **settings,
    })  # fmt: skip


def asked(context: FakeContext) -> list[str]:
    """The questions that the student answered, in all rounds."""
    return [text for number in (1, 2, 3) for text in context.studied[f"answers-{number}"]]


def test_each_round_answers_its_share_of_the_questions_and_is_trained_on_it() -> None:
    context = FakeContext(made())
    assert opd(context, inputs(9)) == Path("student-3")
    assert list(context.read.values()) == [6, 6, 6]
    assert sorted(asked(context)) == sorted(2 * [f"seed {number}" for number in range(9)])
    assert context.asked_students == {
        "answers-1": Path("base"),
        "answers-2": Path("student-1"),
        "answers-3": Path("student-2"),
    }
    assert {each.loss for each in context.settings.values()} == {"none"}
    assert context.students == {"": Path("student-3")}


def test_a_later_arm_has_the_first_one_s_steps_and_learns_each_answer_once() -> None:
    allowance = Allowance(calls=7, tokens=1000, money=0.0, steps=10)
    context = FakeContext(made(), allowance=allowance)
    opd(context, inputs(9))
    steps = [each.max_steps for each in context.settings.values()]
    assert steps == [3, 3, 4]
    assert list(context.read.values()) == [12, 12, 16]
    assert len(set(asked(context))) == 20  # the seeds, and what continues them: each twice
    assert context.said == [
        "7 of the 7 teacher calls of this arm stay unspent: the teacher makes no calls, and reads"
        " each answer once"
    ]


def test_of_equal_tokens_it_reads_no_more_and_as_much_in_each_round() -> None:
    allowance = Allowance(calls=10, tokens=250, money=0.0, steps=30, equal="tokens")
    context = FakeContext(made(), allowance=allowance)
    opd(context, inputs(9))
    assert list(context.read.values()) == [8, 8, 9]  # ten tokens an answer
    assert sum(each.max_steps or 0 for each in context.settings.values()) == 30
    assert context.said == []


def test_of_equal_money_a_token_that_is_read_costs_what_one_of_a_prompt_does() -> None:
    teacher = {"kind": "transformers", "model_name_or_path": "x",
               "prompt_price": 2.0, "completion_price": 8.0}  # fmt: skip
    allowance = Allowance(calls=10, tokens=9999, money=0.0005, steps=30, equal="money")
    context = FakeContext(made(teacher=teacher), allowance=allowance)
    opd(context, inputs(9))
    assert sum(context.read.values()) == 25  # of 10 tokens for 2e-6 dollars each


def test_a_source_with_few_questions_has_them_answered_more_often() -> None:
    allowance = Allowance(calls=1, tokens=1000, money=0.0, steps=10)
    context = FakeContext(made(), allowance=allowance)
    few = replace(inputs(2), extend_seeds=lambda _: [question("a"), question("b")])
    opd(context, few)
    assert asked(context) == 20 * ["a", "b"]


def test_a_budget_that_pays_for_no_answer_keeps_the_base() -> None:
    allowance = Allowance(calls=1, tokens=9, money=0.0, steps=10, equal="tokens")
    context = FakeContext(made(), allowance=allowance)
    assert opd(context, inputs(9)) == Path("base")
    assert "the budget pays for no answer" in context.said[0]
    with pytest.raises(DataError, match="no answer"):
        opd(FakeContext(made(), empty=["answers-1"]), inputs(9))


@pytest.mark.parametrize("kind", ["world", "openai", "vllm"])
def test_a_teacher_without_weights_here_is_refused_with_what_to_set(kind: str) -> None:
    named = {"world": {}, "openai": {"model": "m"}, "vllm": {"model_name_or_path": "x"}}[kind]
    recipe = made(arms=["soda", "opd"], teacher={"kind": kind, **named})
    with pytest.raises(RecipeError, match=rf"teacher\.kind is {kind}, which gives texts: set"):
        arms_of(recipe)


def test_later_arms_have_its_tokens_where_it_makes_no_calls() -> None:
    teacher = {"kind": "transformers", "model_name_or_path": "x"}
    first = made(arms=["opd", "sft"], equal="calls", teacher=teacher)
    assert budget_kind(first) == "tokens"
    assert budget_remark(first) == (
        "equal is calls, and opd makes none: later arms have as many tokens instead"
    )
    assert budget_kind(made(arms=["sft", "opd"], equal="calls", teacher=teacher)) == "calls"
