"""What a run cost: every table adds up to the books, and each figure is that of recorded facts."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import read_rows, write_rows
from sodakd.judge import Judge
from sodakd.report.call_facts import Fate, Why
from sodakd.report.cost_analysis import analyse_cost
from sodakd.report.cost_tables import cost_remarks, cost_tables
from sodakd.report.cost_values import CostAnalysis
from sodakd.report.page import write_report
from sodakd.report.payback import NamedPrice, Pricing, listed_prices
from sodakd.report.reading import read_folder
from sodakd.run import Event, Step, read_manifest
from sodakd.settings.stages import JudgeSettings
from sodakd.teacher.cost import NANO, Amount
from sodakd.teacher.spend_report import read_totals, spend_by
from sodakd.types import PreferencePair, Question
from tests.report import folder as build
from tests.report.spent import PRICES, spend
from tests.tiny import sodakd


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings()) as judge:
        yield judge


@pytest.fixture(scope="module", params=[True, False], ids=["asks kept", "asks not kept"])
def run(
    request: pytest.FixtureRequest, judge: Judge, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run on its way. Not to be changed."""
    return spend(tmp_path_factory.mktemp("spent") / "run", judge, is_costly=request.param)


def analyse(run: Path, pricing: Pricing | None = None) -> CostAnalysis:
    return analyse_cost(run, read_folder(run), pricing)


def asks(found: CostAnalysis, by: str, arm: str = "soda") -> dict[str, int]:
    """The asks of an arm by the name of a row."""
    return {row.name: row.amount.asks for row in found.table(by).rows if row.arm == arm}


def look_up(run: Path, sums: str, where: str = "1") -> tuple[int, ...]:
    with closing(sqlite3.connect(run / "ledger.sqlite")) as database:
        found: tuple[int, ...] = database.execute(
            f"select {sums} from calls where {where}"
        ).fetchone()
        return found


def assert_sums_are_the_books(run: Path, found: CostAnalysis) -> None:
    books = read_totals(run / "ledger.sqlite")
    assert books is not None
    amounts = [[row.amount for row in table.rows] for table in found.tables]
    for own in [*amounts, [row.amount for row in found.steps], [found.total]]:
        every = sum(own, Amount())
        assert (every.all_calls, every.all_tokens) == (books.calls, books.tokens)
        assert every.all_nano_dollars == books.money
        assert (every.lost, every.lost_nano_dollars) == (books.lost, books.lost_money)
        assert every.asks == look_up(run, "count(*)")[0]


@pytest.mark.toolchain
def test_every_table_adds_up_to_the_books_to_the_nano_dollar(run: Path) -> None:
    found = analyse(run)
    assert_sums_are_the_books(run, found)
    for by in ("stage", "ask"):
        rows: dict[str, Amount] = {}
        for row in found.table(by).rows:
            rows[row.name] = rows.get(row.name, Amount()) + row.amount
        for group in spend_by(run / "ledger.sqlite", "stage" if by == "stage" else "ask")[:-1]:
            own = rows.pop(group.group)
            assert own.nano_dollars == round(group.money * NANO)
            assert (own.asks, own.calls, own.lost) == (group.asks, group.calls, group.lost)
        assert not rows


@pytest.mark.toolchain
def test_what_came_of_each_ask_is_what_the_steps_counted(run: Path) -> None:
    fates, tally = asks(analyse(run), "fate"), Counter[str]()
    for step in read_manifest(run / "soda/manifest.jsonl"):
        tally.update(step.tally)
    assert tally["solution_unreadable"] == fates["solution: not readable"] > 0
    assert tally["fault_unreadable"] == fates["fault: not readable"] > 0
    assert tally["fault_broken"] == fates["fault: refused"] > 0
    assert tally["solution_compile_error"] == fates["solution: refused"] > 0
    assert tally["pairs"] == fates["solution: kept"] == fates["fault: kept"] > 0
    assert tally["invent_unreadable"] == fates["question: not readable"] == 1
    assert tally["exact_duplicate"] == fates["question: refused"] == 1
    assert tally["kept"] == fates["question: kept"] == 4


@pytest.mark.toolchain
def test_asking_again_is_told_from_asking_first(run: Path) -> None:
    why = asks(analyse(run), "why")
    assert why == {
        # 12 solutions, 9 faults and 6 questions; of 3 questions each solution was wrong.
        Why.FIRST.value: 12 + 9 + 6,
        Why.UNREADABLE.value: 3 + 3,
        Why.REFUSED.value: 3 + 2 * 3 + 3,
    }


@pytest.mark.toolchain
def test_a_pair_costs_what_was_asked_for_its_question(run: Path) -> None:
    found = analyse(run)
    units = {row.unit: row for row in found.units if row.arm == "soda"}
    pairs = read_rows(run / "soda/cycle-1/pairs.jsonl", PreferencePair)
    named = ", ".join(f"'{pair.question.id}'" for pair in pairs)
    here = "step = 'soda/cycle-1/pairs'"
    money = "sum(money + lost_money), count(*)"
    own, every = units["pair"].own, units["pair"].every
    assert units["pair"].kept == units["pair"].paid == len(pairs) == 9
    assert (own.all_nano_dollars, own.asks) == look_up(
        run, money, f"{here} and question in ({named})"
    )
    assert (every.all_nano_dollars, every.asks) == look_up(run, money, here)
    faults = units["fault"]
    assert (faults.own.all_nano_dollars, faults.own.asks) == look_up(
        run, money, f"{here} and kind = 'fault'"
    )
    kinds = [row for name, row in units.items() if name.startswith("fault: ")]
    assert sum((row.own for row in kinds), Amount()) == faults.own
    assert sum(row.kept for row in kinds) == faults.kept == 9


@pytest.mark.toolchain
def test_an_answer_that_another_arm_paid_for_is_kept_and_not_booked_again(run: Path) -> None:
    (solution,) = [row for row in analyse(run).units if row.arm == "sft"]
    kept = read_manifest(run / "sft/manifest.jsonl")[0].rows
    assert (solution.unit, solution.kept) == ("solution", kept)
    # SODA had asked all but three questions; of these one had a reply that could be read.
    assert (solution.paid, solution.every.asks) == (1, 3)


@pytest.mark.toolchain
def test_what_a_step_on_its_way_asked_is_in_the_sums_by_its_own_name(
    run: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    manifest = folder / "soda/manifest.jsonl"
    write_rows(manifest, read_rows(manifest, Step)[:1])
    found = analyse(folder)
    assert_sums_are_the_books(folder, found)
    fates = asks(found, "fate")
    assert fates[f"question: {Fate.UNFINISHED}"] == 5
    assert fates["question: not readable"] == 1


@pytest.mark.toolchain
def test_other_prices_are_laid_over_the_tokens_that_were_booked(run: Path) -> None:
    dear = NamedPrice(name="dear", prompt=10 * PRICES.prompt, completion=10 * PRICES.completion)
    same = NamedPrice(name="same", prompt=PRICES.prompt, completion=PRICES.completion)
    found = analyse(run, Pricing([same, dear]))
    booked, at_same, at_dear = found.payback.projections
    lost = found.total.lost_nano_dollars / NANO
    assert booked.run == pytest.approx(found.total.all_nano_dollars / NANO, abs=1e-12)
    # Lost tokens are not told apart: at other prices all of them are of the dearer kind.
    assert at_same.run == pytest.approx(
        found.total.nano_dollars / NANO + found.total.lost_tokens * 0.6e-6, abs=1e-12
    )
    assert at_dear.run == pytest.approx(10 * at_same.run)
    assert at_same.run >= booked.run - lost
    assert booked.payback is None  # no student has answered anything yet


@pytest.mark.toolchain
def test_the_language_is_that_of_the_question_and_what_is_unknown_has_a_row(
    run: Path, tmp_path: Path
) -> None:
    (every,) = look_up(run, "count(*)", "step like 'soda/%'")
    assert asks(analyse(run), "language") == {"Python": every - 1, "C": 1}
    assert asks(analyse(run), "language", "sft") == {"Python": 2, "C": 1}
    found = changed(
        run, tmp_path / "run",
        "update calls set question = 'gone', ask = null where kind = 'invent'",
    )  # fmt: skip
    assert_sums_are_the_books(tmp_path / "run", found)
    assert asks(found, "language")["not told"] == 6
    assert asks(found, "fate")["question: not told"] == 6


def finished(folder: Path) -> Path:
    """A finished run of which an exam, and the ledger of another one, are known."""
    build.finish(folder)
    exam = [build.question(5000 + number) for number in range(40)]
    write_rows(folder / "questions/test.jsonl", exam)
    return folder


@pytest.mark.toolchain
def test_a_point_costs_what_the_student_needed_over_its_gain(run: Path, tmp_path: Path) -> None:
    folder = finished(tmp_path / "run")
    shutil.copy(run / "ledger.sqlite", folder)
    gains = {row.student: row for row in analyse(folder).gains}
    best = gains["soda-2"]
    assert best.group == "all"
    assert best.points == pytest.approx(100 * 20 / 40)
    assert best.needed == 0.6
    assert best.per_point == pytest.approx(0.6 / 50)
    assert best.per_point_low == pytest.approx(0.6 / best.high)
    assert best.per_point_high == pytest.approx(0.6 / best.low)
    (soda,) = look_up(run, "sum(money + lost_money)", "step like 'soda/%'")
    assert best.nano_dollars == gains["soda-1"].nano_dollars == soda


@pytest.mark.toolchain
def test_a_run_has_paid_for_itself_after_its_cost_over_what_an_answer_saves(
    run: Path, tmp_path: Path
) -> None:
    folder = finished(tmp_path / "run")
    shutil.copy(run / "ledger.sqlite", folder)
    events = [
        Event(at="x", step="cycle-2/evaluation", event="start"),
        Event(at="x", step="cycle-2/evaluation", event="done", seconds=8.0),
    ]
    write_rows(folder / "soda/events.jsonl", events)
    free = analyse(folder).payback
    assert free.teacher is not None
    assert free.student is not None
    assert (free.student.who, free.student.seconds, free.student.dollars) == ("soda-2", 0.2, 0)
    booked, alone = free.projections
    assert free.teacher.dollars is not None
    assert booked.saving is not None
    assert booked.saving == booked.teacher_answer == free.teacher.dollars > 0
    assert booked.payback is not None
    assert booked.run <= booked.payback * booked.saving < booked.run + booked.saving
    assert alone.teacher == "its arm soda alone, as booked"
    assert alone.run < booked.run
    second = free.teacher.dollars / 0.4  # an answer's 0.2 seconds cost half of the teacher's
    half = analyse(folder, Pricing(second=second)).payback
    assert half.projections[0].saving == pytest.approx(free.teacher.dollars / 2)
    assert half.machine == pytest.approx(second * half.seconds)
    dear = analyse(folder, Pricing(second=10 * second)).payback
    assert dear.projections[0].payback is None
    untold = analyse(folder, Pricing(student=(1.0, 1.0))).payback  # it has no tokenizer
    assert untold.student is not None
    assert untold.student.dollars is None
    assert untold.projections[0].payback is None


@pytest.mark.toolchain
def test_the_command_shows_tables_and_writes_the_same_as_json(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "cost.json"
    done = sodakd("cost", str(run), "--price", "mine=1,2", "--json", str(out))
    assert done.returncode == 0, done.stderr
    for words in ("cost by stage", "solution: not readable", "cost of a result", "mine"):
        assert words in done.stdout
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written == json.loads(analyse(run, _listed("mine", 1, 2)).model_dump_json())


def _listed(name: str, prompt: float, completion: float) -> Pricing:
    return Pricing([NamedPrice(name=name, prompt=prompt, completion=completion), *listed_prices()])


@pytest.mark.toolchain
def test_the_report_shows_when_a_run_has_paid_for_itself(run: Path, tmp_path: Path) -> None:
    folder = finished(tmp_path / "run")
    assert "There is no ledger to add up." in write_report(folder).read_text(encoding="utf-8")
    shutil.copy(run / "ledger.sqlite", folder)
    page = write_report(folder).read_text(encoding="utf-8")
    payback = analyse(folder).payback.projections[0].payback
    for words in ("What came of it", f"They meet at {payback:,} answers.", "cost of a result"):
        assert words in page


def changed(run: Path, folder: Path, *statements: str) -> CostAnalysis:
    """What a copy of a run cost whose ledger was changed."""
    shutil.copytree(run, folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as database, database:
        for statement in statements:
            database.execute(statement)
    return analyse(folder)


@pytest.mark.toolchain
def test_answers_taken_from_another_run_cost_nothing_and_are_not_booked(
    run: Path, tmp_path: Path
) -> None:
    found = changed(
        run, tmp_path / "run",
        "update calls set reused = 1, attempts = 0, prompt_tokens = 0, completion_tokens = 0,"
        " money = 0, lost = 0, lost_tokens = 0, lost_money = 0",
    )  # fmt: skip
    assert found.total == Amount(asks=found.reused)
    assert {row.paid for row in found.units} == {0}
    assert found.payback.teacher is None
    assert f"{found.reused} asks answered from another run's books" in "".join(cost_remarks(found))


@pytest.mark.toolchain
def test_what_nobody_knows_the_price_of_is_unknown_and_not_nothing(
    run: Path, tmp_path: Path
) -> None:
    found = changed(
        run, tmp_path / "run",
        "update calls set money = 0, lost_money = 0",
        "insert or ignore into unpriced select distinct model from calls",
    )  # fmt: skip
    assert found.price_unknown
    assert next(cost_remarks(found)).startswith(f"The price of {found.unpriced} asks is unknown")
    for table in cost_tables(found):
        money = [at for at, head in enumerate(table.heads) if head.startswith("US $")]
        for row in table.rows:
            assert {row[at] for at in money} <= {"", "unknown"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--price", "mine=1"), "PROMPT,COMPLETION"),
        (("--student-price", "-1,2"), "a price is 0 to"),
        (("--price", "mine=1e308,1"), "a price is 0 to"),
        (("--price", "=1,2"), "names no teacher"),
        (("--second", "nan"), "--second"),
        (("--prices", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_a_price_that_cannot_be_read_is_one_clear_error(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = sodakd("cost", str(build.finish(tmp_path / "run")), *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_run_without_a_ledger_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no ledger"):
        analyse(build.begin(tmp_path / "run"))


@pytest.mark.toolchain
def test_a_real_run_adds_up_and_its_own_prices_give_what_was_booked(finished_run: Path) -> None:
    own = NamedPrice(name="own", prompt=0.15, completion=0.60)
    found = analyse(finished_run, Pricing([own], student=(1.0, 1.0)))
    assert_sums_are_the_books(finished_run, found)
    booked, at_own = (found.payback.projections[at] for at in (0, -1))
    assert at_own.run == pytest.approx(booked.run, abs=1e-12)
    assert found.payback.student is not None
    assert found.payback.student.completion_tokens
    questions = read_rows(finished_run / "soda/cycle-1/questions.jsonl", Question)
    assert asks(found, "fate")["question: kept"] == len(questions)
