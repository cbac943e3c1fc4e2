"""Rows: whole or not at all, and a bad line is named."""

import gzip
from pathlib import Path

import pytest

from sodakd.errors import RowError
from sodakd.jsonl import RowFile, read_lines, read_rows, write_rows
from sodakd.types import JudgeStage, Outcome, Question, Verdict


def test_rows_come_back_as_they_were(tmp_path: Path, question: Question) -> None:
    write_rows(tmp_path / "rows.jsonl", [question, question])
    assert read_rows(tmp_path / "rows.jsonl", Question) == [question, question]


def test_rows_that_stay_in_their_file_are_read_by_their_number(
    tmp_path: Path, question: Question
) -> None:
    path = tmp_path / "rows.jsonl"
    texts = ["one", "zwei\u2028", "three"]
    questions = [question.model_copy(update={"text": text}) for text in texts]
    write_rows(path, iter(questions))
    rows = RowFile(path, Question)
    assert len(rows) == 3
    assert list(rows) == questions
    assert [rows[-1], rows[1], *rows[:2]] == [questions[2], questions[1], *questions[:2]]
    with pytest.raises(IndexError):
        rows[3]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RowError, match=r"rows\.jsonl, line 3: the row is cut off"):
        RowFile(path, Question)[2]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_gzip_is_told_by_what_a_file_holds_and_not_by_its_name(
    name: str, tmp_path: Path, question: Question
) -> None:
    path, written = tmp_path / name, tmp_path / "written.jsonl"
    write_rows(written, [question])
    plain = written.read_bytes()
    for content in (plain, gzip.compress(plain)):
        path.write_bytes(content)
        assert read_rows(path, Question) == [question]
        assert [line.values["id"] for line in read_lines(path)] == [question.id]
    path.write_bytes(gzip.compress(plain)[:-20])
    with pytest.raises(RowError, match="cut off or damaged"):
        read_rows(path, Question)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, question: Question) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [question])
    path.with_name("rows.jsonl.part").mkdir()
    with pytest.raises(IsADirectoryError):
        write_rows(path, [])
    assert read_rows(path, Question) == [question]


def test_a_truncated_row_is_named_by_file_and_line(tmp_path: Path, question: Question) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [question, question])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RowError, match=r"rows\.jsonl, line 2: the row is cut off"):
        read_rows(path, Question)


@pytest.mark.parametrize("line", ["{", '{"id": 1}', "[]", "\x00"])
def test_an_unreadable_row_is_named_by_file_and_line(
    tmp_path: Path, question: Question, line: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(question.model_dump_json() + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(RowError, match=r"rows\.jsonl, line 2: not a Question row"):
        read_rows(path, Question)


def test_measurements_are_not_written() -> None:
    verdict = Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN, seconds=0.5, peak_memory=9)
    assert Verdict.model_validate_json(verdict.model_dump_json()).seconds == 0.0
