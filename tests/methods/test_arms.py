"""A run is its arms, one after another: with what the first one spent, and one engine at a time."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import DataError, RecipeError, RunError
from sodakd.jsonl import read_log, read_rows
from sodakd.methods import engines
from sodakd.methods.engines import Engine, EngineConfig
from sodakd.methods.plan import plan
from sodakd.methods.prepare import sample_for_estimate
from sodakd.methods.run_recipe import run_recipe
from sodakd.recipe import Recipe
from sodakd.recipe_file import LoadedRecipe, read_recipe
from sodakd.records import Allowance, Results, StudentRow, TrainLogRow
from sodakd.run import no_progress
from sodakd.run_header import is_finished
from sodakd.training import train as training
from tests.golden import QUESTIONS
from tests.tiny import write_recipe

LESS = ["questions.seeds=20", "base.questions=20", "feedback.probes=4", "cycles=1",
        "update.new_questions=8", "evaluation.questions_per_level=1",
        "base.training.max_steps=2", "training.max_steps=2"]  # fmt: skip


@dataclass(frozen=True)
class Small:
    """A finished run of two arms, its recipe, and what was open at each training."""

    loaded: LoadedRecipe
    folder: Path
    results: Results
    open_at_training: list[list[Path]]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("arms")
    loaded = read_recipe(write_recipe(folder), LESS)
    opened: list[Path] = []
    at_training: list[list[Path]] = []
    real_open, real_fit = engines.BACKENDS["transformers"], training.train

    def counted(place: EngineConfig, student: Path) -> Engine:
        opened.append(student)
        return replace(real_open(place, student), close=lambda: opened.remove(student))

    def watched(*given: Any, **named: Any) -> object:
        at_training.append(list(opened))
        return real_fit(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "BACKENDS", {"transformers": counted})
        patch.setattr(training, "train", watched)
        results = run_recipe(loaded, folder / "run", no_progress)
    at_training.append(opened)
    return Small(loaded, folder / "run", results, at_training)


@pytest.fixture
def out(small: Small, tmp_path: Path) -> Path:
    """A copy of the run, to be changed."""
    return Path(shutil.copytree(small.folder, tmp_path / "run"))


@pytest.mark.toolchain
def test_no_student_is_open_while_one_is_trained_in_any_arm(small: Small) -> None:
    assert len(small.open_at_training) >= 4  # base, soda, sft, and at the end
    assert not any(small.open_at_training)


@pytest.mark.toolchain
def test_a_later_arm_is_given_what_the_first_one_spent(small: Small) -> None:
    _, soda, sft = small.results.standings
    text = (small.folder / "sft" / "allowance.json").read_text()
    allowed = Allowance.model_validate_json(text)
    assert (allowed.calls, allowed.steps) == (soda.teacher_calls, soda.train_steps)
    assert (sft.teacher_calls, sft.train_steps) == (allowed.calls, allowed.steps)
    names = [row.name for row in read_rows(small.folder / "students.jsonl", StudentRow)]
    assert names == ["base", "soda-1", "sft"]
    assert small.results.kept == "soda-1"


@pytest.mark.toolchain
def test_an_arm_is_made_again_under_another_allowance_and_the_first_one_is_not(
    small: Small, out: Path
) -> None:
    path = out / "sft" / "allowance.json"
    allowed = Allowance.model_validate_json(path.read_text())
    path.write_text(allowed.model_copy(update={"calls": 3}).model_dump_json())
    (out / "sft" / "left-over").touch()
    (out / "soda" / "left-over").touch()
    assert run_recipe(small.loaded, out, no_progress) == small.results
    assert not (out / "sft" / "left-over").exists()
    assert (out / "soda" / "left-over").exists()


@pytest.mark.toolchain
def test_dropping_a_step_of_an_arm_leaves_the_others_and_one_of_the_run_leaves_none(
    small: Small, out: Path
) -> None:
    (out / "soda" / "left-over").touch()
    assert run_recipe(small.loaded, out, no_progress, "sft/student") == small.results
    assert (out / "soda" / "left-over").exists()
    with pytest.raises(RunError, match="there are:"):
        run_recipe(small.loaded, out, no_progress, "soda/cycle-7/pairs")
    assert run_recipe(small.loaded, out, no_progress, "base/evaluation") == small.results
    assert not (out / "soda" / "left-over").exists()


@pytest.mark.toolchain
def test_a_plan_is_what_a_run_of_a_teacher_that_is_never_wrong_spends(small: Small) -> None:
    planned = plan(small.loaded.recipe)
    spend = json.loads((small.folder / "spend.json").read_text())
    asked = {(row["step"], row["ask"]) for row in spend}
    assert {(row.step, row.ask) for row in planned.calls} == asked
    steps = {row.step: row.steps for row in planned.trainings}
    assert steps["soda/cycle-1/student"] == small.results.standings[1].train_steps
    assert steps["sft/student"] == small.results.standings[2].train_steps


@pytest.mark.toolchain
def test_a_variant_is_an_arm_with_settings_of_its_own_and_may_be_added_later(
    small: Small, out: Path
) -> None:
    recipe = small.folder.parent / "tiny.yaml"
    added = ["arms=[soda, sft, soda-plain]"]
    plain = "variants.soda-plain=training.loss=none delivery.faults=false"
    with pytest.raises(RecipeError, match="no method 'soda-plain'"):
        run_recipe(read_recipe(recipe, [*LESS, *added]), out, no_progress)
    loaded = read_recipe(recipe, [*LESS, *added, plain])
    results = run_recipe(loaded, out, no_progress)
    assert results.standings[:3] == small.results.standings
    variant = results.standings[3]
    assert variant.name == "soda-plain-1"
    assert variant.teacher_calls < results.standings[1].teacher_calls  # it asks for no faults
    assert results.arms[2].title.endswith("; training.loss=none delivery.faults=false")
    assert {
        row.contrast for row in read_log(out / "soda-plain/cycle-1/student/log.jsonl", TrainLogRow)
    } == {None}
    other = read_recipe(recipe, [*LESS, *added, "variants.soda-plain=training.loss=none"])
    changed = r"soda-plain: .*loss=none delivery.* -> .*loss=none(.|\n)*use the old values"
    with pytest.raises(RunError, match=changed):
        run_recipe(other, out, no_progress)
    without = read_recipe(recipe, [*LESS, "variants.soda-other=training.loss=none"])
    assert run_recipe(without, out, no_progress).standings == small.results.standings
    assert is_finished(out, without.redacted)
    with pytest.raises(RunError, match=changed):  # what was left out is still known
        run_recipe(other, out, no_progress)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"plain": "training.loss=none"}, "'plain' is to be named METHOD-WORDS"),
        ({"soda": "training.loss=none"}, "'soda' is to be named METHOD-WORDS"),
        ({"soda-x": "seed=1"}, "variants.soda-x: 'seed=1' is no setting of a method"),
        ({"soda-x": "cycles"}, "an override is `key.sub=value`; found 'cycles'"),
        ({"soda-x": "training.los=none"}, "in variants.soda-x:\n  training.los: unknown key"),
        ({"soda-x": "delivery.faults=false"}, "training.loss needs faulty solutions"),
    ],
)
def test_a_variant_that_is_none_is_said_before_anything_begins(
    variant: dict[str, str], said: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        plan(Recipe(variants=variant))
    assert said in str(caught.value)


def test_an_arm_that_is_no_method_is_one_error_with_the_nearest_one() -> None:
    with pytest.raises(RecipeError, match="did you mean soda"):
        plan(Recipe(arms=("sodaa",)))
    with pytest.raises(ValueError, match="names a method twice"):
        Recipe(arms=("soda", "soda"))


def test_a_plan_counts_no_more_questions_than_the_source_has(tmp_path: Path) -> None:
    rows = [
        {"text": f"Write a Python function that {what} of a list of numbers.", "test_list": tests}
        for what, tests in [
            ("gives the sum", ["assert total([1, 2]) == 3"]),
            ("takes the largest", ["assert largest([1, 2]) == 2"]),
            ("counts the negative ones", ["assert negatives([1, -2]) == 1"]),
            ("prints each second one, slowly", []),
        ]
    ]
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def made(**questions: object) -> Recipe:
        return Recipe.model_validate({
            "cycles": 1,
            "arms": ("soda", "sft"),
            "teacher": {"kind": "openai", "model": "m"},
            "student": {"model_name_or_path": "x"},
            "questions": {"source": str(source), "tests": "given", "hold_out": 1, **questions},
            "feedback": {"probes": 1},
        })  # fmt: skip

    enough, fewer = plan(made(seeds=2)), plan(made(seeds=4))
    for each in (enough, fewer):
        counts = {(row.step, row.ask): row.calls for row in each.calls}
        assert counts["soda/cycle-1/pairs", "solve"] == 1
        assert counts["sft/solutions", "solve"] == 2
    assert enough.remarks == []
    (remark,) = fewer.remarks
    assert "asks for 4" in remark
    assert "leaves 2 of 4 rows (held out 1, untested 1)" in remark
    with pytest.raises(DataError, match="leaves 1 of 4 rows"):
        plan(made(seeds=4, hold_out=2))
    sample = sample_for_estimate(made(seeds=2, hold_out=2), 1)
    assert sample.count_seeds(1) == 1
    assert "of 3 rows" in sample.too_few()  # it was read no further


@pytest.mark.parametrize("tests", ["teacher", "none"])
def test_a_plan_counts_tests_by_agreement_and_the_solutions_that_they_save(tests: str) -> None:
    recipe = Recipe.model_validate({
        "cycles": 2,
        "arms": ("soda",),
        "teacher": {"kind": "openai", "model": "m"},
        "student": {"model_name_or_path": "x"},
        "questions": {"source": str(QUESTIONS), "seeds": 20, "tests": tests, "hold_out": 4},
        "feedback": {"probes": 5},
        "update": {"new_questions": 6},
    })  # fmt: skip
    counts = {(row.step.removeprefix("soda/"), row.ask): row.calls for row in plan(recipe).calls}
    if tests == "none":
        assert ("seeds/tests", "test") not in counts
        assert counts["cycle-1/pairs", "solve"] == 15
        assert counts["cycle-1/questions", "invent"] == 6
        assert ("cycle-1/questions", "solve") not in counts
        return
    assert counts["seeds/tests", "test"] == 20
    assert counts["seeds/tests", "solve"] == 60
    assert counts["cycle-1/pairs", "fault"] == 15
    assert ("cycle-1/pairs", "solve") not in counts
    assert counts["cycle-1/questions", "solve"] == 18
