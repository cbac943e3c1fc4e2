"""A run can be repeated to the byte from its recorded answers, without asking anyone."""

import json
from pathlib import Path

import pytest

from sodakd.errors import RowError, TeacherError
from sodakd.jsonl import write_rows
from sodakd.teacher.replay import RecordedReply, ReplayTeacher
from sodakd.types import Usage
from tests.teacher.shop import solves
from tests.test_kill import contents
from tests.tiny import RECIPE, sodakd

USAGE = Usage(prompt_tokens=1, completion_tokens=2)


@pytest.mark.toolchain
def test_a_recorded_run_is_repeated_to_the_byte(finished_run: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    done = sodakd("record", str(finished_run), "--out", str(answers))
    assert done.returncode == 0, done.stderr
    recipe = tmp_path / "replay.yaml"
    recipe.write_text(RECIPE.replace("teacher: {", f"teacher: {{kind: replay, file: {answers}, "))
    done = sodakd("run", str(recipe), "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    own, theirs = contents(tmp_path / "run"), contents(finished_run)
    del own["preflight.json"], theirs["preflight.json"]  # it is of the recipe, which is another one
    assert own == theirs


def test_an_ask_that_was_not_recorded_is_named(tmp_path: Path) -> None:
    known, unknown = solves(2)
    write_rows(tmp_path / "a.jsonl", [RecordedReply.of(known, "done", USAGE)])
    teacher = ReplayTeacher.open(tmp_path / "a.jsonl")
    assert teacher.reply(known).text == "done"
    with pytest.raises(TeacherError, match=r"no answer to solve \(attempt 0\) on question"):
        teacher.reply(unknown)


def test_a_record_holds_its_ask(tmp_path: Path) -> None:
    (ask,) = solves(1)
    assert RecordedReply.of(ask, "done", USAGE).read_ask() == ask


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": 1}\n')
    with pytest.raises(RowError, match="line 1"):
        ReplayTeacher.open(tmp_path / "a.jsonl")


@pytest.mark.toolchain
def test_the_ledger_command_shows_the_spend_of_each_group(finished_run: Path) -> None:
    done = sodakd("ledger", str(finished_run), "--by", "ask", "--json")
    *asks, everything = json.loads(done.stdout)
    assert {row["group"] for row in asks} == {"solve", "fault", "grade", "invent"}
    assert sum(row["calls"] for row in asks) == everything["calls"]
    spend = json.loads((finished_run / "spend.json").read_text())
    assert everything["money"] == pytest.approx(sum(row["money"] for row in spend))
    for by, groups in (
        ("arm", {"soda", "sft"}),
        ("cycle", {"soda/cycle-1", "soda/cycle-2", "sft"}),
        ("model", {"world-1"}),
    ):
        rows = json.loads(sodakd("ledger", str(finished_run), "--by", by, "--json").stdout)
        assert {row["group"] for row in rows} == {*groups, "all"}
    assert "cycle-1/pairs" in sodakd("ledger", str(finished_run)).stdout


def test_a_record_of_any_ask_answers_all_of_its_kind_on_its_question(tmp_path: Path) -> None:
    (known,) = solves(1)
    loose = RecordedReply.of(known, "done", USAGE).model_copy(update={"any_ask": True})
    write_rows(tmp_path / "a.jsonl", [loose])
    teacher = ReplayTeacher.open(tmp_path / "a.jsonl")
    again = known.model_copy(update={"attempt": 2, "error": "it was wrong"})
    assert teacher.reply(again).text == "done"
    with pytest.raises(TeacherError, match="no answer to solve"):
        teacher.reply(solves(1, first=5)[0])


@pytest.mark.toolchain
def test_a_folder_in_the_place_of_the_file_is_one_clear_error_and_leaves_nothing(
    finished_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers"
    out.mkdir()
    done = sodakd("record", str(finished_run), "--out", str(out))
    assert done.returncode == 2
    assert "name a file: --out FILE" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["answers"]
