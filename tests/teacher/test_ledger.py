"""The ledger: nothing is asked twice, and the budget is never passed."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sodakd.errors import BudgetReached, EndpointError, RunError
from sodakd.models.completions import Finish, Till
from sodakd.settings.teacher import Budget
from sodakd.teacher.asks import Ask, Reply, Solve, subject
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.money import Prices
from sodakd.teacher.statement import look_up_spent, statement
from sodakd.types import Usage
from tests.teacher.shop import question, solves

MOST = Usage(prompt_tokens=10, completion_tokens=40)
TOOK = Usage(prompt_tokens=10, completion_tokens=5)


class SlowTeacher:
    """Answers after a moment, uses fewer tokens than it may, and counts what reaches it.

    A question's text says what goes wrong: `lost` and `free` in the first attempt, `fatal` always.
    """

    name = "slow"
    model = "slow-1"

    def __init__(self, seconds: float = 0.0, flights: int = 1) -> None:
        self.seconds = seconds
        self.max_in_flight = flights
        self.asked: Counter[str] = Counter()

    def version(self, ask: Ask) -> str:
        return self.name

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        yield

    async def answer(self, ask: Ask, till: Till) -> Reply:
        assert isinstance(ask, Solve)
        await till.reserve(MOST)
        self.asked[subject(ask)] += 1
        await asyncio.sleep(self.seconds)
        if ask.question.text == "fatal":
            till.free()
            raise EndpointError("cannot")
        if ask.question.text in {"lost", "free"} and self.asked[subject(ask)] == 1:
            getattr(till, ask.question.text)()
            return await self.answer(ask, till)
        if ask.question.text == "failed":
            till.lost()
            return Reply(text="", usage=TOOK, finish=Finish.FAILED)
        till.paid(TOOK)
        return Reply(text="done", usage=TOOK)


def ledger(path: Path, teacher: SlowTeacher, budget: Budget | None = None) -> Ledger:
    return Ledger(path, teacher, Prices(1.0, 2.0), budget or Budget())


def solve(text: str) -> Ask:
    return Solve(question=question(text))


def assert_books_are_the_sum_of_rows(path: Path) -> None:
    with sqlite3.connect(path) as database:
        books = database.execute("select * from books")
        rows = database.execute(
            "select sum(attempts - open), sum(prompt_tokens + completion_tokens + lost_tokens),"
            " sum(money + lost_money), sum(lost), sum(lost_money), sum(open), sum(open_tokens),"
            " sum(open_money) from calls"
        )
        assert books.fetchone() == rows.fetchone()
    database.close()


def test_a_known_answer_is_not_asked_again(tmp_path: Path) -> None:
    teacher = SlowTeacher()
    for _ in range(2):
        books = ledger(tmp_path / "l.sqlite", teacher)
        tally: Counter[str] = Counter()
        assert len(books.ask([*solves(5), *solves(5)], "one", tally)) == 10
        assert tally["teacher_calls"] == 10
        books.close()
    assert teacher.asked.total() == 5


def test_the_books_are_exact(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher())
    books.ask(solves(7), "one", Counter())
    spent = books.spent()
    assert (spent.calls, spent.tokens) == (7, 7 * 15)
    assert spent.money == 7 * (10 * 1000 + 5 * 2000)  # nano-dollars
    (row,) = books.rows()
    assert (row.step, row.ask, row.calls, row.prompt_tokens) == ("one", "solve", 7, 70)
    assert look_up_spent(tmp_path / "l.sqlite") == spent
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_an_answer_that_two_steps_need_is_booked_alike_whoever_asks_first(tmp_path: Path) -> None:
    booked = []
    for name, order in (("a", ("one", "two")), ("b", ("two", "one"))):
        books = ledger(tmp_path / f"{name}.sqlite", SlowTeacher())
        for step in order:
            books.ask(solves(3), step, Counter())
        booked.append([(row.step, row.calls) for row in books.rows()])
    assert booked == [[("one", 3)], [("one", 3)]]


@pytest.mark.parametrize(
    ("budget", "most"),
    [
        (Budget(calls=20), 20),
        (Budget(tokens=15 * 20 + 35), 20),
        (Budget(money=20 * 20e-6 + 70e-6), 20),
    ],
)
def test_the_budget_is_met_exactly_with_256_calls_in_flight(
    tmp_path: Path, budget: Budget, most: int
) -> None:
    teacher = SlowTeacher(seconds=0.002, flights=256)
    books = ledger(tmp_path / "l.sqlite", teacher, budget)
    with pytest.raises(BudgetReached, match="raise budget"):
        books.ask(solves(600), "one", Counter())
    spent = books.spent()
    assert spent.calls == most  # what calls in flight give back is used before the run stops
    assert spent.tokens <= (budget.tokens or spent.tokens)
    assert spent.dollars <= (budget.money or spent.dollars)
    assert teacher.asked.total() == spent.calls
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_raised_budget_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    teacher = SlowTeacher()
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(calls=8))
    with pytest.raises(BudgetReached):
        books.ask(solves(20), "one", Counter())
    books.close()
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(calls=20))
    assert len(books.ask(solves(20), "one", Counter())) == 20
    assert set(teacher.asked.values()) == {1}


def test_a_second_ledger_on_a_file_is_refused_and_those_who_look_are_not(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    books = ledger(path, SlowTeacher())
    books.ask(solves(3), "one", Counter())
    with pytest.raises(RunError, match=r"l\.sqlite is in use: another sodakd"):
        ledger(path, SlowTeacher())
    assert statement(path, "run")[-1].answered == 3
    books.close()
    ledger(path, SlowTeacher()).close()


def test_an_attempt_that_was_not_billed_costs_nothing_and_a_lost_one_its_most(
    tmp_path: Path,
) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher())
    books.ask([solve("free"), solve("lost"), solve("plain")], "one", Counter())
    spent = books.spent()
    assert (spent.calls, spent.lost) == (4, 1)
    assert spent.lost_money == 10 * 1000 + 40 * 2000
    assert spent.money == 3 * 20_000 + spent.lost_money
    *_, everything = statement(tmp_path / "l.sqlite", "model")
    assert (everything.calls, everything.lost) == (3, 1)
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_call_that_failed_in_every_attempt_is_data_and_is_asked_again_next_time(
    tmp_path: Path,
) -> None:
    teacher = SlowTeacher()
    books = ledger(tmp_path / "l.sqlite", teacher)
    for count in (1, 2):
        tally: Counter[str] = Counter()
        (reply,) = books.ask([solve("failed")], "one", tally)
        assert reply.finish is Finish.FAILED
        assert tally["reply_failed"] == 1
        assert teacher.asked.total() == count


def test_a_fatal_error_begins_no_further_call_and_gives_reservations_back(tmp_path: Path) -> None:
    teacher = SlowTeacher(seconds=0.001, flights=4)
    books = ledger(tmp_path / "l.sqlite", teacher)
    with pytest.raises(EndpointError):
        books.ask([solve("fatal"), *solves(200)], "one", Counter())
    assert teacher.asked.total() < 20
    assert books.spent().calls == teacher.asked.total() - 1
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_file_that_is_no_ledger_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "l.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(RunError, match=r"the ledger .* cannot be used"):
        ledger(tmp_path / "l.sqlite", SlowTeacher())


def test_a_ledger_of_another_format_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "l.sqlite") as database:
        database.execute("create table calls (key text)")
    database.close()
    with pytest.raises(RunError, match="has format 0"):
        ledger(tmp_path / "l.sqlite", SlowTeacher())
