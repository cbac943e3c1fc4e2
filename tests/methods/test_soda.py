"""The methods, each run through a context that only writes down what it is asked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import sodakd
from sodakd.errors import DataError
from sodakd.jsonl import write_rows
from sodakd.methods.arms import Arm, run_arms
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.lion import lion
from sodakd.methods.parts import Method, mix_replay
from sodakd.methods.sft import sft
from sodakd.methods.soda import cycles_reached, should_stop_early, soda
from sodakd.methods.table import METHODS
from sodakd.methods.uniform import uniform
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.run import Step
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import DeliverySettings, FeedbackSettings, UpdateSettings
from sodakd.training.schedule import Example
from tests.methods.fake_context import FakeContext, inputs


def recipe(cycles: int = 3, patience: int | None = None) -> Recipe:
    """Ten seeds, three probes, six new questions."""
    return Recipe(
        cycles=cycles,
        patience=patience,
        questions=QuestionSettings(seeds=10),
        feedback=FeedbackSettings(probes=3),
        update=UpdateSettings(new_questions=6),
    )


def test_probes_are_answered_before_they_are_studied_and_studied_one_cycle_later() -> None:
    context = FakeContext(recipe())
    soda(context, inputs(10))
    assert context.probed["cycle-1/feedback"] == ["seed 0", "seed 1", "seed 2"]
    assert context.studied["cycle-1/pairs"] == [f"seed {number}" for number in range(3, 10)]
    new = [f"cycle-1/questions {number}" for number in range(6)]
    assert context.probed["cycle-2/feedback"] == new[:3]
    assert context.studied["cycle-2/pairs"] == [*new[3:], "seed 0", "seed 1", "seed 2"]


def test_nothing_is_invented_after_the_last_cycle_and_each_student_starts_from_the_one_before() -> (
    None
):
    context = FakeContext(recipe(cycles=2))
    kept = soda(context, inputs(10))
    assert context.invented == ["cycle-1/questions"]
    assert kept == Path("base/cycle-1/student/cycle-2/student")
    assert list(context.students) == ["1", "2"]


def test_the_student_that_is_best_on_dev_is_kept_and_patience_ends_the_run() -> None:
    context = FakeContext(recipe(cycles=9, patience=2), rates=[0.3, 0.5, 0.4, 0.5, 0.9])
    kept = soda(context, inputs(10))
    assert list(context.students) == ["1", "2", "3", "4"]
    assert kept == context.students["2"]


def test_dev_alone_ranks_students_and_of_equal_ones_the_first_is_kept() -> None:
    context = FakeContext(recipe(cycles=3, patience=3), rates=[0.4, 0.6, 0.6])
    kept = soda(context, inputs(10))
    students = list(context.students.values())
    assert context.rated == [(student, ["dev"]) for student in students]
    assert kept == students[1]


def test_without_patience_nobody_is_asked_on_dev_and_the_last_student_is_kept() -> None:
    context = FakeContext(recipe())
    kept = soda(context, inputs(10))
    assert context.rated == []
    assert kept == context.students["3"]


def test_what_was_learnt_is_replayed_and_what_was_invented_joins_the_pool() -> None:
    context = FakeContext(recipe())
    soda(context, inputs(10))
    prompts = {step: [each.prompt for each in rows] for step, rows in context.examples.items()}
    assert prompts["cycle-1/student"] == [*context.studied["cycle-1/pairs"], "read before"]
    replayed = prompts["cycle-2/student"][6:]
    assert len(replayed) == 3  # three of ten, as the recipe's share says
    assert set(replayed) <= {"read before", *context.studied["cycle-1/pairs"]}
    assert context.pools == [10, 16]


def test_aggregated_pairs_of_all_cycles_are_learnt_in_each_and_the_base_alone_is_replayed() -> None:
    context = FakeContext(
        recipe().model_copy(update={"delivery": DeliverySettings(aggregate=True)})
    )
    soda(context, inputs(10))
    prompts = {step: [one.prompt for one in rows] for step, rows in context.examples.items()}
    learnt: list[str] = []
    for cycle in (1, 2, 3):
        learnt += context.studied[f"cycle-{cycle}/pairs"]
        assert prompts[f"cycle-{cycle}/student"][: len(learnt)] == learnt
        assert set(prompts[f"cycle-{cycle}/student"][len(learnt) :]) <= {"read before"}


def test_the_last_cycle_may_learn_from_all_its_questions_and_measure_nobody() -> None:
    every, apart = FakeContext(recipe()), FakeContext(recipe())
    apart.recipe = recipe().model_copy(
        update={"feedback": recipe().feedback.model_copy(update={"last_cycle": False})}
    )
    assert soda(every, inputs(10)) == soda(apart, inputs(10))
    assert {*every.studied} == {*apart.studied}
    for cycle in (1, 2):
        assert every.studied[f"cycle-{cycle}/pairs"] == apart.studied[f"cycle-{cycle}/pairs"]
    probes = recipe().feedback.probes
    assert apart.studied["cycle-3/pairs"][probes:] == every.studied["cycle-3/pairs"]


def test_a_later_cycle_without_a_pair_ends_the_run_with_what_was_learnt() -> None:
    context = FakeContext(recipe(), empty=["cycle-2/pairs"])
    kept = soda(context, inputs(10))
    assert list(context.students) == ["1"]
    assert kept == context.students["1"]
    assert context.said == ["no pairs: the cycle before was the last one"]


def test_a_first_cycle_without_a_pair_says_what_became_of_the_answers() -> None:
    with pytest.raises(DataError, match="solution_dropped 7"):
        soda(FakeContext(recipe(), empty=["cycle-1/pairs"]), inputs(10))


def test_a_first_cycle_whose_tests_cannot_run_blames_them_and_not_the_teacher() -> None:
    context = FakeContext(recipe(), empty=["cycle-1/pairs"], counts={"tests_cannot_run": 7})
    with pytest.raises(DataError, match="tests_cannot_run 7; leave those questions out") as refused:
        soda(context, inputs(10))
    assert "teacher" not in str(refused.value)


def test_soda_without_feedback_asks_no_student_and_invents_as_much() -> None:
    context = FakeContext(recipe())
    uniform(context, inputs(10))
    assert context.probed == {}
    assert context.invented == ["cycle-1/questions", "cycle-2/questions"]
    assert context.studied["cycle-2/pairs"][-3:] == ["seed 0", "seed 1", "seed 2"]


@pytest.mark.parametrize("method", [soda, lion])
def test_the_learning_rate_falls_in_each_cycle_or_in_the_last_one_alone(
    method: Callable[[Context, RunInputs], Path],
) -> None:
    for anneal, kinds in (("each", ["linear"] * 3), ("last", ["constant", "constant", "linear"])):
        context = FakeContext(recipe().model_copy(update={"anneal": anneal}))
        method(context, inputs(10))
        steps = [f"cycle-{number}/student" for number in (1, 2, 3)]
        assert [context.settings[step].lr_scheduler_type for step in steps] == kinds
    with pytest.raises(ValueError, match="with patience any cycle may be"):
        Recipe(anneal="last", patience=1)


def test_as_a_later_arm_the_cycles_of_the_recipe_are_run_and_it_is_said() -> None:
    allowance = Allowance(calls=3, tokens=10, money=0.5, steps=7)
    context = FakeContext(recipe(), allowance=allowance)
    uniform(context, inputs(10))
    assert context.settings["cycle-1/student"].max_steps == recipe().training.max_steps
    (words,) = context.said
    assert words.startswith("this arm ran the cycles of the recipe, whatever the first one spent")


def test_a_later_arm_makes_the_calls_and_steps_that_the_first_one_spent() -> None:
    allowance = Allowance(calls=25, tokens=1000, money=0.5, steps=77)
    context = FakeContext(recipe(), allowance=allowance)
    sft(context, inputs(10))
    assert len(context.studied["solutions"]) == 25
    assert context.settings["student"].max_steps == 77
    assert context.settings["student"].loss == "none"


def test_arms_run_in_order_and_all_later_ones_have_what_the_first_one_spent() -> None:
    opened: dict[str, Allowance | None] = {}

    def open_arm(name: str, allowance: Allowance | None) -> FakeContext:
        assert len(opened) == len(done)
        opened[name] = allowance
        return FakeContext(recipe(), allowance=allowance)

    done: list[FakeContext] = []

    def method(context: Context, given: RunInputs) -> Path:
        assert isinstance(context, FakeContext)
        context.calls = 10 * (len(done) + 1)
        done.append(context)
        return given.base / str(len(done))

    arms = {name: Arm(Method(method, title="", how=""), recipe()) for name in ("a", "b", "c")}
    ended = run_arms(arms, inputs(10), open_arm)
    spent = Allowance(calls=10, tokens=0, money=0.0, steps=0)
    assert opened == {"a": None, "b": spent, "c": spent}
    assert ended == list(zip(done, [Path("base/1"), Path("base/2"), Path("base/3")], strict=True))


def test_static_distillation_as_the_first_arm_learns_from_the_seeds() -> None:
    context = FakeContext(recipe())
    sft(context, inputs(10))
    assert len(context.studied["solutions"]) == 10
    assert context.settings["student"].max_steps == recipe().training.max_steps


def test_static_distillation_without_an_answer_is_an_error() -> None:
    with pytest.raises(DataError, match="none of the questions"):
        sft(FakeContext(recipe(), empty=["solutions"]), inputs(10))


@pytest.mark.parametrize(
    ("rates", "patience", "stop"),
    [([0.3], 1, False), ([0.3, 0.2], 1, True), ([0.3, 0.2], 2, False), ([0.3, 0.2, 0.4], 2, False)],
)
def test_patience_counts_cycles_without_a_better_rate(
    rates: list[float], patience: int, stop: bool
) -> None:
    assert should_stop_early(rates, patience) is stop


def test_replay_is_the_share_it_is_called() -> None:
    new = [Example(f"new {number}", "", None) for number in range(70)]
    older = [Example(f"old {number}", "", None) for number in range(500)]
    mixed = mix_replay(new, older, share=0.3, seed=1)
    assert mixed[:70] == new
    assert len(mixed) == 100
    assert len({each.prompt for each in mixed}) == 100
    assert mixed == mix_replay(new, older, share=0.3, seed=1)
    assert mix_replay(new, older, share=0.0, seed=1) == new
    drawn = [mix_replay(new, older, 0.3, seed, cycle) for seed in range(3) for cycle in range(3)]
    assert all(one != other for at, one in enumerate(drawn) for other in drawn[:at])


@pytest.mark.parametrize(
    ("steps", "least"),
    [
        ([], 1),
        (["cycle-1/pairs", "cycle-1/student", "cycle-1/evaluation"], 1),
        (["cycle-1/feedback", "cycle-1/questions"], 2),
        (["cycle-1/questions", "cycle-2/pairs", "cycle-2/feedback"], 2),
        (["solutions", "student"], 1),
    ],
)
def test_a_run_has_come_to_the_cycle_that_its_finished_steps_are_of(
    steps: list[str], least: int, tmp_path: Path
) -> None:
    rows = [Step(step=step, kind="rows", path=f"{step}.jsonl", sha256="") for step in steps]
    write_rows(tmp_path / "soda" / "manifest.jsonl", rows)
    assert cycles_reached(tmp_path) == least


def test_no_method_and_no_step_of_one_is_named_outside_their_folder() -> None:
    source = Path(sodakd.__file__).parent
    named = re.compile(rf"""["'/](?:{"|".join(METHODS)})["'/]|cycle-[\d{{]""")
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.suffix in {".py", ".html", ".js", ".md"}
        and path.parent.name != "methods"
        and named.search(path.read_text(encoding="utf-8"))
    }
    # The default of `arms`, the sections that a variant may set, and an example.
    assert found == {"recipe.py", "recipe_file.py", "cli/run.py"}


def test_seeds_get_their_tests_first_and_fewer_of_them_are_fewer_probes_of_the_first_cycle() -> (
    None
):
    context = FakeContext(recipe(cycles=2), tested=4)
    soda(context, inputs(10))
    assert context.asked_tests == ["seeds/tests"]
    assert context.probed["cycle-1/feedback"] == ["seed 0"]
    assert context.studied["cycle-1/pairs"] == ["seed 1", "seed 2", "seed 3"]
    assert len(context.probed["cycle-2/feedback"]) == 3


def test_seeds_without_tests_end_the_run_with_what_became_of_them() -> None:
    counts = {"given": 1, "crash python": 4, "too_few_cases python": 5, "teacher_calls": 40}
    with pytest.raises(DataError) as caught:
        soda(FakeContext(recipe(), tested=1, counts=counts), inputs(10))
    message = str(caught.value)
    assert "fewer than two have tests (crash python 4, too_few_cases python 5)" in message
    for advice in ("questions.tests=none", "questions.min_cases", "--out DIR"):
        assert advice in message


def test_the_answers_of_a_cycle_are_known_to_the_pairs_of_the_next_one() -> None:
    context = FakeContext(recipe(cycles=2))
    soda(context, inputs(10))
    assert context.known["cycle-1/pairs"] == []
    assert context.known["cycle-2/pairs"] == ["seed 0", "seed 1", "seed 2"]
