"""What a terminal or a log shows of money."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sodakd.console import _lines, _ProgressDisplay, show_ledger, show_plan, show_results
from sodakd.judging.command import summary
from sodakd.methods.estimate import PlannedTraining
from sodakd.methods.plan import Plan
from sodakd.recipe import Recipe
from sodakd.records import Results
from sodakd.run import Progress
from sodakd.screen import make_console
from sodakd.settings.teacher import Budget, TeacherSettings
from sodakd.teacher.cost import NANO, LedgerTotals, Prices, SpendRow
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.llm_teacher import LLMTeacher, Sampling
from sodakd.teacher.spend_report import spend_by
from sodakd.types import Language, Outcome
from tests.report import folder as build
from tests.servers.running import serving
from tests.teacher.shop import client, ledger, solves


def test_a_plan_at_an_unknown_price_names_no_sum(capsys: pytest.CaptureFixture[str]) -> None:
    teacher = TeacherSettings(kind="openai", model="mystery")
    row = SpendRow("soda/cycle-1", "solve", 10, 100, 100, 0.0)
    show_plan(Plan([row], []), Recipe(teacher=teacher))
    shown = capsys.readouterr().out
    assert shown.count("unknown") == 3
    assert "0.0000" not in shown


def test_a_price_that_nobody_knows_is_said_of_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.sqlite"
    with serving() as server:
        opened = client(server.url)
        teacher = LLMTeacher("mystery", lambda: opened, Sampling(0.0, 512), 8)
        books = Ledger(path, teacher, Prices(0, 0, known=False), Budget())
        books.ask(solves(5), "one", Counter())
        free = Ledger(tmp_path / "free.sqlite", teacher, Prices(0, 0), Budget())
        free.ask(solves(5), "one", Counter())
    assert [entry.unpriced for entry in spend_by(path, "step")] == [5, 5]
    assert [entry.unpriced for entry in spend_by(tmp_path / "free.sqlite", "step")] == [0, 0]
    show_ledger(spend_by(path, "step"), "step")
    shown = capsys.readouterr().out
    assert shown.count("unknown") == 5
    assert "0.000000" not in shown


def test_lines_of_a_log_say_what_was_spent_once_the_teacher_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        books = ledger(tmp_path / "ledger.sqlite", server.url)
        display = _ProgressDisplay(tmp_path, ["soda"], steps=1, calls=100)
        line = _lines(display)
        line(Progress("soda/cycle-1/pairs", 0, 0))
        books.ask(solves(10), "soda/cycle-1/pairs", Counter())
        line(Progress("soda/cycle-1/pairs", 10, 100, "correct solutions"))
        line(Progress("soda/cycle-1/student", 1, 10, "train"))
    first, second, third = capsys.readouterr().err.splitlines()
    assert "$" not in first + third
    assert re.search(
        r"\[teacher: 10 calls, .* tokens · \$0\.\d{4} spent · about \$0\.\d{4} in all\]", second
    )


def test_what_is_in_flight_is_shown_apart_and_raises_no_estimate(tmp_path: Path) -> None:
    spent = LedgerTotals(
        calls=10, tokens=900, money=NANO // 10, lost=1, lost_money=NANO // 100,
        reserved_calls=64, reserved_tokens=90_000, reserved_money=2 * NANO,
    )  # fmt: skip
    assert _ProgressDisplay(tmp_path, (), steps=1, calls=20).spending(spent) == (
        "teacher: 10 calls, 900 tokens · $0.1000 spent ($0.0100 of it lost on the way),"
        " up to $2.0000 in flight · about $0.2000 in all"
    )


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes what is printed go to a terminal of so many columns."""

    def columns(count: int) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(count))

    return columns


RESULTS = Results(
    arms=(),
    kept="soda-1",
    seed=0,
    standings=(build.standing("base", 8, 0), build.standing("soda-1", 28, 55_250)),
)


@pytest.mark.parametrize("columns", [80, 40])
def test_the_last_tables_can_be_read_on_any_terminal(
    columns: int,
    terminal: Callable[[int], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal(columns)
    show_results(RESULTS, tmp_path / "report.html")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "…" not in shown
    assert "70.0 (10.0-90.0)" in shown
    assert "55.2k" in shown or "55.3k" in shown
    assert ("  calls: 0\n" in shown) == (columns == 40)  # its rows stand below one another


@pytest.mark.parametrize("columns", [132, 80, 60, 40])
def test_a_plan_loses_no_word_and_no_figure_on_a_narrow_terminal(
    columns: int, terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(columns)
    rows = [SpendRow("soda/cycle-10/questions", "invent", 12_345, 9_876_543, 7_654_321, 12.25)]
    training = PlannedTraining("soda/cycle-10/student", 23_456, 3_333, 44_444_444)
    show_plan(Plan(rows, [training]), Recipe())
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= columns
    for word in (
        "soda/cycle-10/questions", "soda/cycle-10/student", "invent", "12,345", "9,876,543",
        "7,654,321", "12.2500", "23,456", "3,333", "44,444,444", "prompt", "completion", "examples",
    ):  # fmt: skip
        assert word in shown


@pytest.mark.parametrize("columns", [132, 80, 40])
def test_the_judges_summary_names_every_outcome_whole(
    columns: int, terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(columns)
    make_console().print(summary({(Language.TYPESCRIPT, outcome): 1234 for outcome in Outcome}))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert [outcome for outcome in Outcome if outcome.value not in shown] == []
    assert shown.count("1234") == len(Outcome)
    assert "pass share" in " ".join(shown.split())
