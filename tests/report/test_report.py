"""The report: made from a run's folder alone, finished or not; and it can be used."""

import json
import shutil
from pathlib import Path

import pytest

from sodakd.errors import RunError
from sodakd.report.page import write_report
from sodakd.store import read_rows, write_rows
from sodakd.types import Pair
from tests.report.browser import click_through


def copied(run: Path, folder: Path) -> Path:
    shutil.copytree(run, folder / "run")
    return folder / "run"


def test_the_report_of_a_real_run_can_be_clicked_through(finished_run: Path) -> None:
    seen = click_through(finished_run / "report.html")
    assert seen.complaints == []
    assert seen.requests == []


def test_the_report_names_no_other_host(finished_run: Path) -> None:
    text = (finished_run / "report.html").read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert len(text) < 4_000_000


def test_hostile_text_stays_text(finished_run: Path, tmp_path: Path) -> None:
    run = copied(finished_run, tmp_path)
    hostile = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"
    path = run / "cycle-1" / "pairs.jsonl"
    pairs = read_rows(path, Pair)
    question = pairs[0].question.model_copy(update={"text": hostile})
    bad = [pair.model_copy(update={"question": question, "chosen": hostile}) for pair in pairs]
    write_rows(path, bad)
    page = write_report(run)
    assert hostile not in page.read_text(encoding="utf-8")
    seen = click_through(page)
    assert seen.complaints == []
    assert seen.requests == []


def test_an_unfinished_run_has_a_report_that_says_so(finished_run: Path, tmp_path: Path) -> None:
    run = copied(finished_run, tmp_path)
    for name in ("cycle-2", "sft"):
        shutil.rmtree(run / name)
    for name in ("results.json", "spend.json"):
        (run / name).unlink()
    text = write_report(run).read_text(encoding="utf-8")
    assert "cycle 2 has not been trained yet" in text
    assert "there are no results yet" in text


def test_a_run_that_only_began_has_a_report(tmp_path: Path) -> None:
    head = {"format": 1, "sodakd": "0.1.0", "recipe": {"name": "new", "seed": 3, "cycles": 2}}
    (tmp_path / "run.json").write_text(json.dumps(head), encoding="utf-8")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "the base student has not been trained yet" in text


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        write_report(tmp_path)


def test_a_broken_row_is_named(finished_run: Path, tmp_path: Path) -> None:
    run = copied(finished_run, tmp_path)
    (run / "cycle-1" / "feedback.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"feedback\.jsonl, line 1"):
        write_report(run)
