"""Lion: imitation, comparison by a referee, generation from hard and easy questions in turns."""

from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.methods.lion import lion
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings, UpdateSettings
from sodakd.teacher.requests import Evolve, Invent
from tests.methods.fake_context import FakeContext, inputs

RECIPE = Recipe(
    questions=QuestionSettings(seeds=10),
    feedback=FeedbackSettings(probes=4),
    update=UpdateSettings(new_questions=6),
    cycles=3,
)


def test_probes_are_compared_before_they_are_learnt_and_learnt_one_cycle_later() -> None:
    context = FakeContext(RECIPE)
    kept = lion(context, inputs(10))
    assert kept == Path("base/cycle-1/student/cycle-2/student/cycle-3/student")
    assert list(context.students) == ["1", "2", "3"]
    probes = [f"seed {number}" for number in range(4)]
    assert context.probed["cycle-1/comparisons"] == probes
    learnt = {step: [one.prompt for one in rows] for step, rows in context.examples.items()}
    assert learnt["cycle-1/student"][:6] == [f"seed {number}" for number in range(4, 10)]
    assert learnt["cycle-2/student"][:4] == probes
    assert context.pools == [10, 16]
    assert list(context.requests) == ["cycle-1/questions", "cycle-2/questions"]
    assert all(settings.loss == "none" for settings in context.settings.values())


def test_hard_questions_get_more_of_their_task_and_easy_ones_rarer_ones_in_turns() -> None:
    context = FakeContext(RECIPE)
    lion(context, inputs(10))
    made = context.requests["cycle-1/questions"]
    assert [type(each) for each in made] == [Invent, Evolve] * 3
    parents = [each.question.text for each in made if isinstance(each, Invent | Evolve)]
    # The referee prefers the teacher's answers to every second question.
    assert parents == ["seed 1", "seed 0", "seed 3", "seed 2", "seed 1", "seed 0"]
    assert len({each.model_dump_json() for each in made}) == 6


@pytest.mark.parametrize("calls", [50, 77, 500])
def test_a_later_arm_makes_the_calls_and_steps_of_the_first_one(calls: int) -> None:
    allowance = Allowance(calls=calls, tokens=0, money=0, steps=10)
    context = FakeContext(RECIPE, allowance=allowance)
    lion(context, inputs(10))
    assert sum(context.asked.values()) == calls
    assert context.said == []
    assert sum(settings.max_steps or 0 for settings in context.settings.values()) == 10


def test_questions_that_are_refused_leave_calls_and_that_is_said() -> None:
    allowance = Allowance(calls=50, tokens=0, money=0, steps=10)
    context = FakeContext(RECIPE, allowance=allowance, failing=[0, 1])
    lion(context, inputs(10))
    # Four are not solved, and one probe less is compared, by two calls.
    assert context.said[0].startswith("6 of the 50 teacher calls of this arm stay unspent")


def test_a_teacher_that_solves_nothing_is_an_error_in_the_first_cycle_alone() -> None:
    with pytest.raises(DataError, match="none of the questions"):
        lion(FakeContext(RECIPE, empty=["cycle-1/solutions"]), inputs(10))
    context = FakeContext(RECIPE, empty=["cycle-3/solutions"])
    lion(context, inputs(10))
    assert list(context.students) == ["1", "2", "3"]  # the third learns the probes of the second
