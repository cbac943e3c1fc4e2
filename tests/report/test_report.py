"""The report: made from a run's folder alone, finished or not; and it can be used."""

import json
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sodakd.errors import RunError
from sodakd.jsonl import read_rows, write_rows
from sodakd.report.page import write_report
from sodakd.settings.teacher import Budget
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Solve
from sodakd.types import PreferencePair
from tests.report import folder as build
from tests.report.browser import Seen, click_through, opened
from tests.tiny import sodakd

HOSTILE = (
    "</script><script>document.title='taken'</script><!--<script>"
    '<img src=x onerror="document.title=\'taken\'">{{ 7 * 7 }} \u2028 😀 & "quoted"'
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its report. Not to be changed."""
    folder = build.finish(tmp_path_factory.mktemp("report") / "run")
    write_report(folder)
    return folder


def read(folder: Path) -> str:
    return write_report(folder).read_text(encoding="utf-8")


@pytest.mark.heavy
def test_a_report_can_be_clicked_through(run: Path) -> None:
    seen = click_through(run / "report.html")
    assert seen.complaints == []
    assert seen.requests == []


@pytest.mark.toolchain
def test_the_report_of_a_real_run_can_be_clicked_through(finished_run: Path) -> None:
    seen = click_through(write_report(finished_run))
    assert seen.complaints == []
    assert seen.requests == []


@pytest.mark.heavy
def test_a_report_fits_a_narrow_window(run: Path) -> None:
    with opened(run / "report.html", Seen(), width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.heavy
def test_an_answer_shows_all_that_is_known_of_it(run: Path) -> None:
    seen = Seen()
    with opened(run / "report.html", seen) as page:
        page.fill("input[name=search]", "reason number 102")
        shown = page.locator("#detail").inner_text()
        marked = page.locator("#detail mark").all_inner_texts()
    for words in (
        "Verdict: wrong answer", "total([1]) gave 0, not 1", "Why medium", "Grade: 4 of 6",
        "functionality", "Nearly.", "ruff F821", "The teacher's pair of this question",
    ):  # fmt: skip
        assert words in shown
    assert set(marked) == {"+", "0", "-", "1"}
    assert seen.complaints == []


def test_the_report_names_no_other_host(run: Path) -> None:
    text = read(run)
    assert "http://" not in text
    assert "https://" not in text
    assert str(run) not in text


def test_the_report_says_what_the_run_came_to(run: Path) -> None:
    text = read(run)
    for words in (
        "<h1>small</h1>", "seed 7", "began 2026-01-02 03:04 UTC", "20.0 %", "70.0 %",
        "Against sft: +20.0 points", "soda-2 is ahead",
        "80.0 %", "question: near duplicate", "1,234", "question: overlaps with mbpp",
    ):  # fmt: skip
        assert words in text
    assert "Not there yet" not in text


@pytest.mark.heavy
def test_hostile_text_stays_text(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    at = folder / "soda/cycle-1"
    write_rows(at / "pairs.jsonl", [build.pair(n, f"{HOSTILE} {n}", HOSTILE) for n in range(20)])
    rows = [build.feedback(n, f"{HOSTILE} {n}", HOSTILE) for n in range(20)]
    write_rows(at / "feedback.jsonl", rows)
    page = write_report(folder)
    assert "<script>document" not in page.read_text(encoding="utf-8")
    assert click_through(page).complaints == []
    seen = Seen()
    with opened(page, seen) as tab:
        assert "small" in tab.title()
        tab.select_option("select[name=student]", "soda-1")
        assert HOSTILE.replace("\u2028", "").split(" ")[0] in tab.locator(".question").inner_text()
        assert tab.locator("#detail img, #detail script").count() == 0
        assert "😀" in tab.locator("#detail pre").first.inner_text()
    assert seen.complaints == []


def test_a_recipe_can_be_hostile_too(tmp_path: Path) -> None:
    folder = build.begin(tmp_path / "run")
    text = (folder / "run.json").read_text(encoding="utf-8")
    (folder / "run.json").write_text(text.replace("small", "<script>x</script>"), encoding="utf-8")
    assert "<script>x" not in read(folder)


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (0, "the base student has not been made yet"),
        (1, "soda has not begun yet"),
        (2, "the last step that ended is soda/cycle-1/student"),
        (3, "sft has not begun yet"),
    ],
)
def test_an_unfinished_run_has_a_report_that_says_so(done: int, words: str, tmp_path: Path) -> None:
    folder = build.begin(tmp_path / "run")
    if done:
        build.finish_base(folder)
    for number in range(1, done):
        build.finish_cycle(folder, number)
    text = read(folder)
    assert words in text
    assert "there are no results yet" in text
    assert ("soda has not begun" in text) is (done < 2)


def test_a_run_without_faults_has_a_report_without_them(run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    for path in folder.glob("soda/cycle-*/pairs.jsonl"):
        one_sided = {"rejected": None, "fault": None}
        write_rows(
            path, [row.model_copy(update=one_sided) for row in read_rows(path, PreferencePair)]
        )
    page = read(folder)
    assert "Faults by kind" not in page
    assert "<td>30</td>" in page


@pytest.mark.heavy
def test_a_run_that_only_began_opens_without_complaint(tmp_path: Path) -> None:
    seen = Seen()
    with opened(write_report(build.begin(tmp_path / "run")), seen) as page:
        assert "There are no examples yet" in page.locator("#detail").inner_text()
        assert "No student has been trained yet" in page.locator("#training").inner_text()
    assert seen.complaints == []


def test_a_run_on_its_way_shows_what_it_spent_so_far(tmp_path: Path) -> None:
    folder = build.begin(tmp_path / "run")
    asks = [Solve(question=each) for each in draw_questions(12, (1,), Split.TRAIN, seed=1)]
    books = folder / "ledger.sqlite"
    with closing(Ledger(books, WorldTeacher(), Prices(0.1, 0.2), Budget())) as ledger:
        before = read(folder)
        ledger.ask(asks, "soda/cycle-1/pairs", Counter())
        page = read(folder)
    assert "<figcaption>Teacher calls" in page
    assert "soda/cycle-1/pairs, solve: 12 calls" in page
    said = "the spending has not been added up yet"
    assert (said in before, said in page) == (True, False)


@pytest.mark.heavy
def test_a_large_run_has_a_small_page(tmp_path: Path) -> None:
    folder = build.finish(tmp_path / "run")
    long = "x = 1\n" * 2000
    pairs = [build.pair(number, chosen=long) for number in range(120)]
    answers = [build.feedback(number, answer=long) for number in range(160)]
    for number in (1, 2):
        write_rows(folder / f"soda/cycle-{number}" / "pairs.jsonl", pairs)
        write_rows(folder / f"soda/cycle-{number}" / "feedback.jsonl", answers)
    assert write_report(folder).stat().st_size < 4_000_000


def test_results_of_before_have_a_report_in_which_each_group_is_a_headline(
    run: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    results = json.loads((folder / "results.json").read_text())
    for later in ("differences", "unjudged"):
        del results[later]
    for group in (group for row in results["standings"] for group in row["groups"]):
        group.pop("by", None)
    (folder / "results.json").write_text(json.dumps(results))
    page = read(folder)
    assert page.count('class="card head"') == 7
    assert "by level" not in page


def test_nothing_is_left_beside_the_report(run: Path) -> None:
    assert not list(run.glob("*.part"))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_row_is_named(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    (folder / "soda/cycle-1" / "feedback.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"feedback\.jsonl, line 1"):
        write_report(folder)


def test_an_exam_without_tests_is_nowhere_called_by_what_it_did_not_measure(
    run: Path, tmp_path: Path
) -> None:
    page = read(build.without_tests(shutil.copytree(run, tmp_path / "run")))
    assert "pass@1" not in page
    for words in (
        "<figcaption>runs to its end (no tests), by student, all</figcaption>",
        'aria-label="runs to its end (no tests), all"',
        ">runs to its end, %<",
    ):
        assert words in page


def test_a_report_can_be_written_to_another_folder(run: Path, tmp_path: Path) -> None:
    (run / "report.html").unlink()
    done = sodakd("report", str(run), "--out", str(tmp_path / "new" / "folder"))
    assert done.stdout == f"{tmp_path}/new/folder/report.html\n", done.stderr
    assert not (run / "report.html").exists()
    assert (tmp_path / "new/folder/report.html").read_bytes() == write_report(run).read_bytes()


def test_a_report_names_no_money_where_the_price_is_unknown(run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    head = json.loads((folder / "run.json").read_text())
    head["recipe"]["teacher"] = {"kind": "openai", "model": "mystery"}
    (folder / "run.json").write_text(json.dumps(head))
    rows = [{**row, "money": 0.0} for row in json.loads((folder / "spend.json").read_text())]
    (folder / "spend.json").write_text(json.dumps(rows))
    page = read(folder)
    assert "<td>unknown</td>" in page
    assert "<figcaption>Money" not in page
    assert "<figcaption>Money" in read(run)
