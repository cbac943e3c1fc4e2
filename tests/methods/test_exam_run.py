"""A run whose exam is benchmarks, from start to report; killed while they are answered."""

import json
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import read_rows
from sodakd.methods.exam import exam_size
from sodakd.methods.prepare import prepare_questions
from sodakd.records import EvalSample, Results
from sodakd.report.card import model_card
from sodakd.run import Run
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.student import StudentSettings
from sodakd.types import Language, Question
from tests.golden import QUESTIONS
from tests.methods.test_exam import IN_JAVASCRIPT, MBPP, exam_of, write_humaneval_x, write_mbpp
from tests.methods.test_preflight import TASKS
from tests.methods.test_real import own, recipe
from tests.test_kill import contents, kill_in
from tests.tiny import sodakd, write_recipe

pytestmark = pytest.mark.toolchain

SMALL = (
    "questions.seeds=20", "base.questions=20", "feedback.probes=4", "update.new_questions=8",
    "base.training.max_steps=4", "training.max_steps=4", "evaluation.questions_per_level=1",
    "evaluation.max_new_tokens=8", "arms=[soda, sft]",
)  # fmt: skip
GROUPS = [
    "all", "mbpp Python", "humaneval-x JavaScript", "held out", "levels 2-5",
    *(f"level {level}" for level in range(1, 6)),
]  # fmt: skip


def values(folder: Path) -> tuple[str, ...]:
    """What makes the tiny run smaller, and its exam's benchmarks files of a folder."""
    write_mbpp(folder)
    write_humaneval_x(folder)
    names = "[{name: mbpp, limit: 3}, {name: humaneval-x, languages: [javascript]}]"
    benchmarks = (f"evaluation.benchmarks={names}", f"evaluation.data={folder}")
    return (*SMALL, *benchmarks, "--no-preflight")


@pytest.mark.parametrize("compared", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_cycles_take_the_exam_and_a_kill_within_it_changes_no_byte(
    tmp_path: Path, compared: bool
) -> None:
    whole, moved = tmp_path / "whole", tmp_path / "moved"
    recipe_file, small = write_recipe(tmp_path), values(tmp_path)
    assert kill_in("soda/cycle-1/evaluation  the student answers", recipe_file, whole, *small)
    moved.mkdir()  # a benchmark's file may lie elsewhere when the run goes on
    done = sodakd("run", str(recipe_file), *values(moved), "--out", str(whole))
    assert done.returncode == 0, done.stderr
    if compared:
        other = tmp_path / "other"
        again = sodakd("run", str(recipe_file), *small, "--out", str(other))
        assert again.returncode == 0, again.stderr
        assert contents(other) == contents(whole)

    exam = read_rows(whole / "questions/benchmarks.jsonl", Question)
    assert [question.source for question in exam] == ["mbpp"] * 3 + ["humaneval-x"] * 2
    results = Results.model_validate_json((whole / "results.json").read_text())
    assert [row.name for row in results.standings] == ["base", "soda-1", "soda-2", "sft"]
    for row in results.standings:
        assert [group.group for group in row.groups] == GROUPS
        assert [group.total for group in row.groups[:4]] == [5, 3, 2, 5]
    assert {(one.group, one.other) for one in results.differences} == {
        (group, other) for group in GROUPS[:5] for other in ("base", "sft")
    }
    assert len(read_rows(whole / "sft/evaluation.jsonl", EvalSample)) == 10
    for said in ("mbpp Python", "humaneval-x JavaScript", "soda-2 less another student"):
        assert said in done.stdout
    page = (whole / "report.html").read_text(encoding="utf-8")
    for said in ("10 questions: held out 5, mbpp 3, humaneval-x 2", "pass@1, mbpp Python",
                   "pass@1 by level, %", "Against base: +"):  # fmt: skip
        assert said in page
    card = model_card(whole, "student", has_template=False)
    assert "pass@1, humaneval-x JavaScript" in card
    assert "one of the 3 questions of the\nexam (mbpp)" in card


def test_real_questions_have_benchmarks_alone_as_their_exam(tmp_path: Path) -> None:
    write_mbpp(tmp_path)
    write_humaneval_x(tmp_path)
    seeds = tmp_path / "seeds.jsonl"
    taken = json.loads(write_mbpp(tmp_path).read_text().splitlines()[3])  # not asked: the third
    row = {"instruction": f"{taken['text']} Use Python.", "input": "", "output": taken["code"]}
    seeds.write_text(QUESTIONS.read_text(encoding="utf-8") + json.dumps(row) + "\n")
    chosen = recipe(own())
    questions = QuestionSettings(
        source=str(seeds), seeds=8, languages=(Language.PYTHON,), hold_out=0, max_words=60
    )
    exam = exam_of(MBPP.model_copy(update={"limit": 2}), IN_JAVASCRIPT, data=tmp_path)
    run = Run(tmp_path / "run")
    inputs = prepare_questions(
        chosen.model_copy(update={"questions": questions, "evaluation": exam}), run
    )
    assert [question.source for question in inputs.test_set] == ["mbpp"] * 2 + ["humaneval-x"] * 2
    assert [group.name for group in inputs.groups] == [
        "all", "mbpp Python", "humaneval-x JavaScript",
    ]  # fmt: skip
    sifted = run.done("questions/sifted")
    assert sifted is not None
    assert sifted.tally["overlaps_mbpp"] == 1
    assert "overlaps_evaluation" not in sifted.tally


def test_dev_has_the_same_seeds_and_asks_what_is_held_out_and_no_benchmark(tmp_path: Path) -> None:
    write_mbpp(tmp_path)
    questions = QuestionSettings(
        source=str(QUESTIONS), seeds=8, languages=(Language.PYTHON,), hold_out=3, max_words=60
    )
    found = {}
    for split in ("dev", "test"):
        exam = exam_of(MBPP, data=tmp_path).model_copy(update={"split": split})
        chosen = recipe(own()).model_copy(update={"questions": questions, "evaluation": exam})
        found[split] = prepare_questions(chosen, Run(tmp_path / split))
        assert exam_size(chosen) == len(found[split].test_set)
    assert found["dev"].seeds == found["test"].seeds
    assert found["dev"].test_set == found["test"].test_set[:3]
    assert [group.name for group in found["dev"].groups] == ["all"]


def test_given_sifts_out_untested_questions_before_the_exam_and_the_seeds_are_drawn(
    tmp_path: Path,
) -> None:
    rows = [
        {"text": f"Write a Python function f{number} that {task}.",
         "test_list": [f"assert f{number}(0) == 1"] if number % 3 else []}
        for number, task in enumerate(TASKS)
    ]  # fmt: skip
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    questions = QuestionSettings(
        source=str(source), seeds=6, hold_out=2, tests="given", near_duplicate=1.0
    )
    student = StudentSettings(model_name_or_path="x")
    chosen = recipe(own()).model_copy(update={"questions": questions, "student": student})
    run = Run(tmp_path / "run")
    drawn = prepare_questions(chosen, run)
    assert (len(drawn.seeds), len(drawn.test_set)) == (6, 2)
    assert all(each.tests is not None for each in (*drawn.seeds, *drawn.test_set))
    sifted = run.done("questions/sifted")
    assert sifted is not None
    assert sifted.tally == {"kept": 8, "untested": 4}
    more = chosen.model_copy(update={"questions": questions.model_copy(update={"seeds": 7})})
    with pytest.raises(DataError) as caught:
        prepare_questions(more, Run(tmp_path / "more"))
    message = str(caught.value)
    assert "leaves 6 of 12 rows (held out 2, untested 4)" in message
    for advice in ("questions.tests=teacher", "tests=given", "--out DIR"):
        assert advice in message
