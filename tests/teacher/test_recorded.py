"""Answers that were kept in a file serve a new run, and a file of them grows at its end."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import read_rows, write_rows
from sodakd.settings.teacher import Budget
from sodakd.teacher.ledger import Ledger, LedgerOptions
from sodakd.teacher.recorded import RecordedReply, export_replies
from sodakd.teacher.requests import TeacherRequest
from sodakd.types import Usage
from tests.teacher.shop import PRICES, solves
from tests.teacher.test_ledger import SlowTeacher
from tests.tiny import sodakd


def ledger(path: Path, teacher: SlowTeacher, *reuse: Path) -> Ledger:
    return Ledger(path, teacher, PRICES, Budget(), LedgerOptions(reuse))


def answered(path: Path, count: int, words: str = "done") -> None:
    """Have a ledger with so many answers."""
    books = ledger(path, SlowTeacher(text=words))
    books.ask(solves(count), "one", Counter())
    books.close()


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.jsonl.gz", "answers"])
def test_a_file_of_recorded_answers_serves_a_new_ledger_at_no_cost(
    name: str, tmp_path: Path
) -> None:
    answered(tmp_path / "first.sqlite", 5)
    export_replies(tmp_path / "first.sqlite", tmp_path / name)
    teacher = SlowTeacher(text="asked anew")
    books = ledger(tmp_path / "second.sqlite", teacher, tmp_path / name)
    replies = books.ask(solves(7), "one", Counter())
    assert [reply.text for reply in replies] == ["done"] * 5 + ["asked anew"] * 2
    assert teacher.asked.total() == books.spent().calls == 2
    books.close()


def test_what_a_compressed_file_is_called_does_not_matter(tmp_path: Path) -> None:
    answered(tmp_path / "l.sqlite", 2)
    export_replies(tmp_path / "l.sqlite", tmp_path / "a.jsonl.gz")
    (tmp_path / "a.jsonl.gz").rename(tmp_path / "a.sqlite")
    teacher = SlowTeacher()
    ledger(tmp_path / "n.sqlite", teacher, tmp_path / "a.sqlite").ask(solves(2), "one", Counter())
    assert teacher.asked.total() == 0


def test_a_model_in_a_folder_is_recorded_by_its_name(tmp_path: Path) -> None:
    class Local(SlowTeacher):
        name = str(tmp_path / "models" / "coder-1.5b")

    books = ledger(tmp_path / "l.sqlite", Local())
    books.ask(solves(1), "one", Counter())
    books.close()
    export_replies(tmp_path / "l.sqlite", tmp_path / "a.jsonl")
    (row,) = read_rows(tmp_path / "a.jsonl", RecordedReply)
    assert row.model == "coder-1.5b"
    assert str(tmp_path) not in (tmp_path / "a.jsonl").read_text()


def test_a_changed_prompt_or_setting_is_asked_anew(tmp_path: Path) -> None:
    class Changed(SlowTeacher):
        def version(self, ask: TeacherRequest) -> str:
            return "slow temperature=0.2"

    answered(tmp_path / "first.sqlite", 3)
    export_replies(tmp_path / "first.sqlite", tmp_path / "a.jsonl")
    teacher = Changed()
    ledger(tmp_path / "n.sqlite", teacher, tmp_path / "a.jsonl").ask(solves(3), "one", Counter())
    assert teacher.asked.total() == 3


ELSEWHERE = RecordedReply.of(solves(1)[0], "done", Usage(prompt_tokens=1, completion_tokens=1))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# Notes\n", "neither a ledger nor a file of recorded answers.*line 1"),
        (b'{"instruction": "Add two numbers."}\n', "neither a ledger nor"),
        (gzip.compress(b"x" * 9999, mtime=0)[:20], "neither a ledger nor.*cut off or damaged"),
        (b"", "holds no answer with a ledger's key: record it"),
        (f"{ELSEWHERE.model_dump_json()}\n".encode(), "from elsewhere are for teacher.kind=replay"),
    ],
)
def test_a_file_that_is_neither_ledger_nor_answers_is_one_clear_error(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "answers.jsonl.gz").write_bytes(content)
    with pytest.raises(DataError, match=words):
        ledger(tmp_path / "l.sqlite", SlowTeacher(), tmp_path / "answers.jsonl.gz")


def test_answers_are_recorded_while_they_come_and_the_file_grows_at_its_end(
    tmp_path: Path,
) -> None:
    (tmp_path / "run").mkdir()
    books, out = ledger(tmp_path / "run/ledger.sqlite", SlowTeacher()), tmp_path / "a.jsonl.gz"
    sizes = []
    for count, name in ((20, "a.jsonl.gz"), (30, "a.jsonl.gz"), (30, "b.jsonl.gz")):
        books.ask(solves(count), "one", Counter())  # and the ledger stays open
        done = sodakd("record", str(tmp_path / "run"), "--out", str(tmp_path / name))
        assert done.stdout.startswith(f"{count} answers in "), done.stderr
        sizes.append(gzip.decompress((tmp_path / name).read_bytes()))
    assert sizes[1].startswith(sizes[0])
    assert out.read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    before = out.read_bytes()
    books.close()
    export_replies(tmp_path / "run/ledger.sqlite", out)
    assert out.read_bytes() == before
    rows = read_rows(out, RecordedReply)
    assert {(row.kind, row.attempt, row.ask) for row in rows} == {("solve", 0, None)}


def test_a_new_run_that_has_come_less_far_takes_no_answer_from_the_file(tmp_path: Path) -> None:
    answered(tmp_path / "first.sqlite", 5)
    out = tmp_path / "a.jsonl"
    assert export_replies(tmp_path / "first.sqlite", out) == 5
    books = ledger(tmp_path / "second.sqlite", SlowTeacher(), out)
    books.ask(solves(3, first=3), "one", Counter())
    books.close()
    assert export_replies(tmp_path / "second.sqlite", out) == 6


def test_answers_of_a_run_are_not_mixed_with_others_to_the_same_asks(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    for name, words in (("one", "first"), ("two", "second")):
        answered(tmp_path / f"{name}.sqlite", 3, words)
    export_replies(tmp_path / "one.sqlite", out)
    before = out.read_bytes()
    with pytest.raises(DataError, match=r"other answers to 3 of these asks.*name another file"):
        export_replies(tmp_path / "two.sqlite", out)
    assert out.read_bytes() == before


def test_record_writes_over_nothing_that_is_no_file_of_its_own(tmp_path: Path) -> None:
    answered(tmp_path / "l.sqlite", 1)
    notes, elsewhere = tmp_path / "notes.md", tmp_path / "elsewhere.jsonl"
    notes.write_text("# Notes\n", encoding="utf-8")
    write_rows(elsewhere, [ELSEWHERE])
    for path in (notes, elsewhere):
        before = path.read_bytes()
        with pytest.raises(DataError, match="name another one"):
            export_replies(tmp_path / "l.sqlite", path)
        assert path.read_bytes() == before
