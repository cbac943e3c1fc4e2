"""A run can be repeated to the byte from its recorded answers, without asking anyone."""

import json
from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import RowError, TeacherError
from sodakd.jsonl import write_rows
from sodakd.settings.teacher import Budget, Unrecorded
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger, LedgerOptions
from sodakd.teacher.recorded import RecordedReply
from sodakd.teacher.replay import ReplayTeacher
from sodakd.teacher.requests import Invent, Solve, TeacherRequest
from sodakd.types import Usage
from tests.teacher.shop import question, solves
from tests.test_kill import contents
from tests.tiny import RECIPE, sodakd

USAGE = Usage(prompt_tokens=1, completion_tokens=2)


@pytest.mark.toolchain
def test_a_recorded_run_is_repeated_to_the_byte(finished_run: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl.gz"
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


def test_nearest_takes_the_answer_to_the_same_kind_question_and_attempt(tmp_path: Path) -> None:
    first, other = (Solve(question=question(text)) for text in ("known", "unknown"))
    second = first.model_copy(update={"attempt": 1, "error": "as gcc 12 says it"})
    records = [RecordedReply.of(first, "one", USAGE), RecordedReply.of(second, "two", USAGE)]
    write_rows(tmp_path / "a.jsonl", records)
    teacher = ReplayTeacher.open(tmp_path / "a.jsonl", "nearest", tmp_path / "teacher.log")
    books = Ledger(tmp_path / "l.sqlite", teacher, Prices(0, 0), Budget())
    here = second.model_copy(update={"error": "as clang 19 says it"})
    third = here.model_copy(update={"attempt": 2})
    tally = Counter[str]()
    replies = books.ask([first, here, third, other], "one", tally)
    assert [reply.text for reply in replies] == ["one", "two", "", ""]
    assert (tally["teacher_calls"], tally["reply_failed"]) == (4, 2)
    (line,) = (tmp_path / "teacher.log").read_text(encoding="utf-8").splitlines()
    assert "of 4 asks 1 got the answer to the recorded one" in line
    assert line.endswith("2 got none")
    with pytest.raises(TeacherError, match=r"\(attempt 1\) .* teacher.unrecorded=nearest"):
        ReplayTeacher.open(tmp_path / "a.jsonl").reply(here)


def test_a_replay_that_stopped_goes_on_with_nearest_and_without_it_again(tmp_path: Path) -> None:
    known, unknown = solves(2)
    again = known.model_copy(update={"error": "of another compiler"})
    write_rows(tmp_path / "a.jsonl", [RecordedReply.of(known, "done", USAGE)])
    asked: tuple[tuple[Unrecorded, TeacherRequest, int], ...] = (
        ("stop", known, 1),
        ("nearest", known, 1),
        ("nearest", again, 2),
        ("nearest", unknown, 3),
    )
    for rule, ask, calls in asked:
        teacher = ReplayTeacher.open(tmp_path / "a.jsonl", rule)
        books = Ledger(tmp_path / "l.sqlite", teacher, Prices(0, 0), Budget())
        books.ask([ask], "one", Counter())
        assert books.spent().calls == calls
        books.close()
    exact = ReplayTeacher.open(tmp_path / "a.jsonl")
    books = Ledger(tmp_path / "l.sqlite", exact, Prices(0, 0), Budget())
    with pytest.raises(TeacherError, match="no answer to solve"):  # what stood in is not exact
        books.ask([again], "one", Counter())


def test_nearest_tells_new_questions_of_one_parent_apart_by_level_and_variant(
    tmp_path: Path,
) -> None:
    ask = Invent(question=question("parent"), level=2)
    asks = [ask.model_copy(update={"variant": number}) for number in (3, 8)]
    write_rows(
        tmp_path / "a.jsonl", [RecordedReply.of(one, f"{one.variant}", USAGE) for one in asks]
    )
    teacher = ReplayTeacher.open(tmp_path / "a.jsonl", "nearest")
    shown = [teacher.reply(ask.model_copy(update={"variant": number})).text for number in (0, 1, 8)]
    assert shown == ["3", "8", "8"]
    assert not teacher.reply(ask.model_copy(update={"level": 3})).is_answer


def test_what_one_file_answered_is_not_reused_for_another(tmp_path: Path) -> None:
    (ask,) = solves(1)
    for name in ("one", "two"):
        write_rows(tmp_path / f"{name}.jsonl", [RecordedReply.of(ask, name, USAGE)])
        teacher = ReplayTeacher.open(tmp_path / f"{name}.jsonl")
        before = LedgerOptions((tmp_path / "one.sqlite",) if name == "two" else ())
        books = Ledger(tmp_path / f"{name}.sqlite", teacher, Prices(0, 0), Budget(), before)
        assert [reply.text for reply in books.ask([ask], "one", Counter())] == [name]
        books.close()


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
