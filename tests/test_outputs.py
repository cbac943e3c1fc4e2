"""Files to write: what must not be replaced stays."""

import os
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import atomic_write, write_lines
from sodakd.outputs import check_outputs, check_regular
from sodakd.scoring.command import score_command, validate_command


def test_no_pipe_is_replaced_by_a_file(tmp_path: Path) -> None:
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    for path in (fifo, link):
        with pytest.raises(DataError, match="is a pipe or a device"):
            atomic_write(path, b"")
        with pytest.raises(DataError, match="is a pipe or a device"):
            write_lines(path, ["a"])
    assert sorted(tmp_path.iterdir()) == [fifo, link]
    assert fifo.is_fifo()
    assert link.is_symlink()


def test_a_link_of_the_system_to_an_open_file_is_no_file(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file, pytest.raises(DataError, match="a device"):
        check_regular(Path(f"/proc/self/fd/{file.fileno()}"))


def test_a_link_to_a_file_and_a_new_file_beside_what_is_read_can_be_written(tmp_path: Path) -> None:
    given, link = tmp_path / "given.jsonl", tmp_path / "link"
    for path in (given, tmp_path / "old"):
        path.touch()
    link.symlink_to("old")
    outs = {"--out": link, "--report": tmp_path / "new/report.jsonl"}
    check_outputs(outs, [given, tmp_path / "none"])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["grades.jsonl", "scorer/scorer.json"])
def test_a_scorer_writes_over_nothing_that_it_reads(tmp_path: Path, name: str) -> None:
    grades, scorer = tmp_path / "grades.jsonl", tmp_path / "scorer"
    scorer.mkdir()
    for path in (grades, scorer / "scorer.json"):
        path.write_text("kept", encoding="utf-8")
    out = tmp_path / name
    with pytest.raises(DataError, match="itself, which is read"):
        score_command(scorer, grades, out, None)
    with pytest.raises(DataError, match="itself, which is read"):
        validate_command(scorer, grades, out, None, None, 10, None)
    assert out.read_text(encoding="utf-8") == "kept"
