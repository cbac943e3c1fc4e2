"""The methods, each run through a context that only writes down what it is asked."""

from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import write_rows
from sodakd.methods.parts import mix_replay
from sodakd.methods.sft import sft
from sodakd.methods.soda import cycles_begun, has_stalled, soda
from sodakd.methods.uniform import uniform
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.run import Step
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings, UpdateSettings
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
    assert list(context.published) == ["1", "2"]


def test_the_student_that_is_best_on_dev_is_kept_and_patience_ends_the_run() -> None:
    context = FakeContext(recipe(cycles=9, patience=2), rates=[0.3, 0.5, 0.4, 0.5, 0.9])
    kept = soda(context, inputs(10))
    assert list(context.published) == ["1", "2", "3", "4"]
    assert kept == context.published["2"]


def test_a_later_cycle_without_a_pair_ends_the_run_with_what_was_learnt() -> None:
    context = FakeContext(recipe(), empty=["cycle-2/pairs"])
    kept = soda(context, inputs(10))
    assert list(context.published) == ["1"]
    assert kept == context.published["1"]
    assert context.said == ["no pairs: the cycle before was the last one"]


def test_a_first_cycle_without_a_pair_says_what_became_of_the_answers() -> None:
    with pytest.raises(DataError, match="solution_dropped 7"):
        soda(FakeContext(recipe(), empty=["cycle-1/pairs"]), inputs(10))


def test_soda_without_feedback_asks_no_student_and_invents_as_much() -> None:
    context = FakeContext(recipe())
    uniform(context, inputs(10))
    assert context.probed == {}
    assert context.invented == ["cycle-1/questions", "cycle-2/questions"]
    assert context.studied["cycle-2/pairs"][-3:] == ["seed 0", "seed 1", "seed 2"]


def test_a_later_arm_makes_the_calls_and_steps_that_the_first_one_spent() -> None:
    allowance = Allowance(calls=25, tokens=1000, money=0.5, steps=77)
    context = FakeContext(recipe(), allowance=allowance)
    sft(context, inputs(10))
    assert len(context.studied["solutions"]) == 25
    assert context.settings["student"].max_steps == 77
    assert context.settings["student"].loss == "none"


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
    assert has_stalled(rates, patience) is stop


def test_replay_is_the_share_it_is_called() -> None:
    new = [Example(f"new {number}", "", None) for number in range(70)]
    older = [Example(f"old {number}", "", None) for number in range(500)]
    mixed = mix_replay(new, older, share=0.3, seed=1)
    assert mixed[:70] == new
    assert len(mixed) == 100
    assert len({each.prompt for each in mixed}) == 100
    assert mixed == mix_replay(new, older, share=0.3, seed=1)
    assert mix_replay(new, older, share=0.0, seed=1) == new


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
    assert cycles_begun(tmp_path) == least
