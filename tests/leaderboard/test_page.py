"""The page of a table of models, in a real browser: it sorts, and says what one passes alone."""

from pathlib import Path

import pytest

from sodakd.evaluate.folder import EvalSettings
from sodakd.evaluate.samples import JudgedSample, Sample
from sodakd.jsonl import append_rows, atomic_write
from sodakd.report.model_files import write_model_table
from sodakd.report.model_folder import (
    SETTINGS,
    AskedPart,
    TableEntry,
    TableSettings,
    asked_keys,
    asked_parts,
    read_finished,
    row_folder,
)
from sodakd.report.model_table import measured_rows, model_table
from sodakd.report.pareto import frontier
from sodakd.report.plots import Point
from sodakd.settings.models import ModelPrice
from sodakd.types import JudgeStage, Language, Outcome, Usage, Verdict
from tests.leaderboard.adders import COUNT, write_benchmarks
from tests.report.browser import Seen, count, opened
from tests.servers.solver import solves

HOSTILE = "</script><script>document.title = 'taken'</script>"


def write_row(out: Path, settings: TableSettings, row: TableEntry, parts: list[AskedPart]) -> None:
    """A row as an evaluation leaves it, whose verdicts the model's name tells."""
    folder = row_folder(out, row.name)
    asked = settings.of(row).model_dump_json().encode()
    atomic_write(folder / SETTINGS, asked)
    for benchmark, language, task, number in asked_keys(settings.asked, parts):
        passed = solves(row.name.split()[0], int(task.partition("/")[2]), 0)
        verdict = Verdict(
            outcome=Outcome.PASSED if passed else Outcome.WRONG_ANSWER,
            stage=JudgeStage.RUN, output="" if passed else f"it gave {HOSTILE}",
        )  # fmt: skip
        key = {"benchmark": benchmark, "language": language, "task_id": task, "number": number}
        said = Sample(**key, text=f"```python\nreturn {passed}  # {HOSTILE}\n```",
                      usage=Usage(prompt_tokens=100, completion_tokens=50))  # fmt: skip
        append_rows(folder / "samples.jsonl", [said])
        append_rows(folder / "verdicts.jsonl", [JudgedSample(**key, verdict=verdict)])


def entry(name: str, dollars: float) -> TableEntry:
    return TableEntry(
        name=name, model=name, source=name, engine="server", prompt="chat",
        price=ModelPrice(prompt=dollars, completion=dollars), licence=None, memory_gb=None,
        note=HOSTILE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    asked = EvalSettings(
        source="", benchmarks=("humaneval", "humaneval-x"), languages=(Language.PYTHON,),
        data=str(write_benchmarks(folder / "data")), temperature=0.0, max_new_tokens=64, seed=0,
        cpu_seconds=10.0, limit=None, n=1,
    )  # fmt: skip
    rows = (entry("none", 0.1), entry("even", 9.0), entry("all", 5.0), entry("odd", 1.0))
    settings = TableSettings(asked=asked, lint=False, rows=rows)
    parts = asked_parts(asked)
    keys = asked_keys(asked, parts)
    finished = {}
    for row in rows[1:]:
        write_row(folder, settings, row, parts)
        found = read_finished(folder, settings, row, keys)
        assert found is not None
        finished[row.name] = found
    whole = list(finished.values())
    table = model_table(settings, parts, whole, {"none": f"it ended {HOSTILE}"}, "odd")
    return write_model_table(table, measured_rows(whole), parts, finished, folder)


@pytest.mark.heavy
def test_the_page_sorts_and_says_what_one_model_passes_that_another_fails(page: Path) -> None:
    seen = Seen()
    with opened(page, seen) as tab:
        tab.wait_for_selector("#list li")
        assert count(tab) == 2 * COUNT
        assert tab.title() == "sodakd · models compared"
        assert "it ended </script>" in tab.locator(".missing").first.inner_text()
        table = tab.locator("table.sortable").first
        names = table.locator("tbody th").all_inner_texts
        assert names() == ["all", "even", "odd"]
        table.locator("thead button", has_text="US $").click()
        assert names() == ["even", "all", "odd"]
        table.locator("thead button", has_text="US $").click()
        assert names() == ["odd", "all", "even"]
        tab.select_option("select[name=left]", label="odd")
        tab.select_option("select[name=right]", label="even")
        tab.select_option("select[name=which]", "left")
        assert count(tab) == 2 * COUNT // 2
        assert tab.locator("#detail .tag").all_inner_texts() == ["passed", "wrong answer"]
        assert "return True" in tab.locator("#detail .codes > div").first.inner_text()
        assert tab.locator("#detail mark").first.inner_text() == "True"
        tab.select_option("select[name=which]", "both")
        assert count(tab) == 0
        tab.select_option("select[name=which]", "all")
        tab.select_option("select[name=group]", label="humaneval-x Python")
        assert count(tab) == COUNT
        tab.locator("#list").focus()
        tab.keyboard.press("End")
        assert f"Own/{COUNT - 1}" in tab.locator("#detail").inner_text()
        assert tab.locator("figure svg").count() == 2
        assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not seen.complaints
    assert not seen.requests


def test_the_frontier_has_the_models_than_which_no_other_is_better_and_cheaper() -> None:
    points = [Point(3, 0.5), Point(1, 0.2), Point(2, 0.5), Point(4, 0.4), Point(1, 0.1)]
    assert frontier(points) == [Point(1, 0.2), Point(2, 0.5)]
