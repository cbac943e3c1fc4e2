"""Methods beside SODA, each run for real on the embedded world, at what the first arm spent."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.methods.plan import plan
from sodakd.methods.run_recipe import run_recipe
from sodakd.recipe_file import LoadedRecipe, read_recipe
from sodakd.records import Refinement, Results, SftExample, Snippet
from sodakd.run import Progress, no_progress
from sodakd.types import Question
from tests.tiny import write_recipe

pytestmark = [pytest.mark.toolchain, pytest.mark.heavy]
ASKING = ("evol_instruct", "oss_instruct", "persd")
"""These train once; a name of theirs is their student's."""
LESS = [
    "questions.seeds=20", "base.questions=60", "feedback.probes=4", "cycles=2",
    "update.new_questions=8", "evaluation.questions_per_level=1",
    "base.training.max_steps=2", "training.max_steps=2",
]  # fmt: skip


@dataclass(frozen=True)
class Finished:
    """A finished run of every method that asks the teacher, and the remarks in it."""

    loaded: LoadedRecipe
    folder: Path
    results: Results
    remarks: list[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder, remarks = tmp_path_factory.mktemp("methods"), list[str]()
    loaded = read_recipe(write_recipe(folder), [*LESS, f"arms=[soda, {', '.join(ASKING)}, lion]"])

    def heard(progress: Progress) -> None:
        if progress.remark:
            remarks.append(f"{progress.step}: {progress.note}")

    results = run_recipe(loaded, folder / "run", heard)
    return Finished(loaded, folder / "run", results, remarks)


def test_each_arm_makes_the_calls_and_steps_of_the_first_one_and_none_more(
    finished: Finished,
) -> None:
    found = {each.name: each for each in finished.results.standings}
    soda, last = found["soda-2"], found["lion-2"]
    for name in ASKING:
        made = found[name]
        assert (made.teacher_calls, made.train_steps) == (soda.teacher_calls, soda.train_steps)
    unspent = [words for words in finished.remarks if "stay unspent" in words]
    assert [words for words in unspent if not words.startswith("lion/")] == []
    assert last.train_steps == soda.train_steps
    assert last.teacher_calls <= soda.teacher_calls
    assert bool(unspent) is (last.teacher_calls < soda.teacher_calls)


def test_a_plan_has_the_steps_that_a_run_asks_in(finished: Finished) -> None:
    spend = json.loads((finished.folder / "spend.json").read_text())
    asked = {(row["step"], row["ask"]) for row in spend}
    planned = {(row.step, row.ask) for row in plan(finished.loaded.recipe).calls}
    # A plan takes every attempt of the student to fail: then one block of calls is all.
    assert {row for row in asked if row[0].startswith(ASKING[:2])} <= planned
    assert ("persd/refinements-1", "refine") in asked & planned


def test_what_is_learnt_stands_in_the_folder_of_each_arm(finished: Finished) -> None:
    at = finished.folder
    evolved = read_rows(at / "evol_instruct/questions-1.jsonl", Question)
    learnt = {row.prompt for row in read_rows(at / "evol_instruct/solutions.jsonl", SftExample)}
    assert {each.text for each in evolved} <= learnt
    snippets = read_rows(at / "oss_instruct/snippets.jsonl", Snippet)
    inspired = read_rows(at / "oss_instruct/questions.jsonl", Question)
    assert snippets
    assert all(each.reference for each in inspired)
    refined = read_rows(at / "persd/refinements-1.jsonl", Refinement)
    assert all(each.attempt != each.code for each in refined)
    for arm in ASKING:  # what `sodakd export --dataset` hands out
        assert read_rows(at / arm / "solutions.jsonl", SftExample)


def test_steps_that_are_dropped_come_to_the_same_and_ask_nothing_twice(finished: Finished) -> None:
    before = (finished.folder / "spend.json").read_bytes()
    for step in ("evol_instruct/questions-2", "lion/cycle-1/comparisons"):
        again = run_recipe(finished.loaded, finished.folder, no_progress, step)
        assert again == finished.results
    assert (finished.folder / "spend.json").read_bytes() == before


@pytest.mark.slow
def test_a_student_that_can_do_something_learns_from_its_own_answers(tmp_path: Path) -> None:
    more = [
        "arms=[rft]", "cycles=1", "questions.seeds=100", "questions.levels=[1]",
        "base.questions=2000", "base.levels=[1]", "feedback.probes=4",
        "base.shape={}", "base.training.max_steps=200",
        "base.training.per_device_train_batch_size=32",
    ]  # fmt: skip
    loaded = read_recipe(write_recipe(tmp_path), more)
    results = run_recipe(loaded, tmp_path / "run", no_progress)
    own = read_rows(tmp_path / "run/rft/solutions.jsonl", SftExample)
    assert own
    assert (results.standings[-1].name, results.standings[-1].teacher_calls) == ("rft", 0)
    assert results.standings[-1].train_steps == 8
