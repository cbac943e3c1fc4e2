"""The ledger: nothing is asked twice, and the budget is never passed."""

import asyncio
import math
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sodakd.errors import BudgetReached, DataError, EndpointError, RunError
from sodakd.inference.completions import Completion, Finish, UsageMeter
from sodakd.settings.teacher import Budget
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger, LedgerOptions, require_ledger
from sodakd.teacher.requests import Solve, TeacherRequest, question_id
from sodakd.teacher.spend_report import look_up_spend, read_totals, spend_by
from sodakd.types import Usage
from tests.teacher.shop import question, solves

MOST = Usage(prompt_tokens=10, completion_tokens=40)
TOOK = Usage(prompt_tokens=10, completion_tokens=5)


class SlowTeacher:
    """Answers after a moment, uses fewer tokens than it may, and counts what reaches it.

    A question's text says what goes wrong: `lost` and `free` in the first attempt, `fatal` always;
    of `untold` nobody says what it took.
    """

    name = "slow"
    is_costly = True

    def __init__(
        self, seconds: float = 0.0, flights: int = 1, took: Usage = TOOK, text: str = "done"
    ) -> None:
        self.seconds = seconds
        self.text = text
        self.max_in_flight = flights
        self.took = took
        self.asked: Counter[str] = Counter()

    def version(self, ask: TeacherRequest) -> str:
        return self.name

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        self.places = asyncio.Semaphore(self.max_in_flight)
        yield

    async def answer(self, ask: TeacherRequest, meter: UsageMeter) -> Completion:
        assert isinstance(ask, Solve)
        async with self.places:
            await meter.reserve(MOST)
            self.asked[question_id(ask)] += 1
            await asyncio.sleep(self.seconds)
        if ask.question.text == "fatal":
            meter.free()
            raise EndpointError("cannot")
        if ask.question.text in {"lost", "free"} and self.asked[question_id(ask)] == 1:
            getattr(meter, ask.question.text)()
            return await self.answer(ask, meter)
        if ask.question.text == "failed":
            meter.lost()
            return Completion(text="", usage=TOOK, finish=Finish.FAILED)
        meter.paid(None if ask.question.text == "untold" else self.took)
        return Completion(text=self.text, usage=self.took)


def ledger(
    path: Path,
    teacher: SlowTeacher,
    budget: Budget | None = None,
    prices: Prices = Prices(1.0, 2.0),  # noqa: B008 - it is frozen
    options: LedgerOptions = LedgerOptions(),  # noqa: B008 - it is frozen
) -> Ledger:
    return Ledger(path, teacher, prices, budget or Budget(), options)


def solve(text: str) -> TeacherRequest:
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
    (row,) = look_up_spend(tmp_path / "l.sqlite", ())
    assert (row.step, row.ask, row.calls, row.prompt_tokens) == ("one", "solve", 7, 70)
    assert read_totals(tmp_path / "l.sqlite") == spent
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_an_answer_that_two_steps_need_is_booked_with_the_one_that_asked_first(
    tmp_path: Path,
) -> None:
    booked = []
    for name, order in (("a", ("one", "two")), ("b", ("two", "one"))):
        books = ledger(tmp_path / f"{name}.sqlite", SlowTeacher())
        for step in order:
            books.ask(solves(3), step, Counter())
        booked.append(
            [(row.step, row.calls) for row in look_up_spend(tmp_path / f"{name}.sqlite", ())]
        )
    assert booked == [[("one", 3)], [("two", 3)]]


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
    assert spend_by(path, "run")[-1].answered == 3
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
    *_, everything = spend_by(tmp_path / "l.sqlite", "model")
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


def test_an_answer_that_takes_more_than_was_asked_of_it_stops_the_run_with_the_true_sum(
    tmp_path: Path,
) -> None:
    thinks = Usage(prompt_tokens=10, completion_tokens=50_000)
    teacher = SlowTeacher(flights=4, took=thinks)
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(tokens=60_000))
    with pytest.raises(BudgetReached, match=r"60000, and \d+ are spent.*hidden") as stopped:
        books.ask(solves(40), "one", Counter())
    assert f"{books.spent().tokens} are spent" in str(stopped.value)
    assert 2 <= teacher.asked.total() <= 4  # those that were in flight together
    books.close()
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(money=0.0999))
    with pytest.raises(BudgetReached, match=r"budget.money is 0.0999, and"):
        books.ask(solves(1, first=50), "one", Counter())  # the last call of all passes it
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


@pytest.mark.parametrize(
    ("took", "budget", "prices"),
    [
        (Usage(prompt_tokens=10, completion_tokens=10**18), Budget(), Prices(1.0, 2.0)),
        (Usage(prompt_tokens=10**30, completion_tokens=1), Budget(), Prices(1.0, 2.0)),
        (TOOK, Budget(), Prices(1e15, 1e15)),
        (TOOK, Budget.model_construct(money=1e300), Prices(1e300, 1.0)),
    ],
)
def test_a_number_that_no_ledger_can_hold_ends_the_round_with_one_clear_error(
    tmp_path: Path, took: Usage, budget: Budget, prices: Prices
) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher(flights=3, took=took), budget, prices)
    with pytest.raises(RunError, match="too large for it"):
        books.ask(solves(20), "one", Counter())


def test_whatever_ends_the_writer_ends_the_round_with_that_error(tmp_path: Path) -> None:
    class Torn(SlowTeacher):
        async def answer(self, ask: TeacherRequest, meter: UsageMeter) -> Completion:
            books._writer.close()
            return await super().answer(ask, meter)

    books = ledger(tmp_path / "l.sqlite", Torn(flights=4))
    with pytest.raises(RuntimeError, match="shutdown"):
        books.ask(solves(20), "one", Counter())


def test_a_limitless_budget_of_money_is_no_limit(tmp_path: Path) -> None:
    budget = Budget.model_construct(calls=None, tokens=None, money=math.inf)
    assert len(ledger(tmp_path / "l.sqlite", SlowTeacher(), budget).ask(solves(3), "x", Counter()))


def test_calls_whose_tokens_nobody_told_are_booked_at_the_most_and_marked(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher())
    books.ask([solve("untold"), solve("plain")], "one", Counter())
    *_, everything = spend_by(tmp_path / "l.sqlite", "run")
    assert (everything.untold, everything.completion_tokens) == (1, 40 + 5)
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_what_was_asked_at_an_unknown_price_is_priced_once_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    books = ledger(path, SlowTeacher(), None, Prices(0, 0, known=False))
    books.ask([*solves(3), solve("lost")], "one", Counter())
    books.close()
    assert spend_by(path, "run")[-1].unpriced == 4
    books = ledger(path, SlowTeacher())
    assert spend_by(path, "run")[-1].unpriced == 0
    assert books.spent().money == 4 * 20_000 + 50 * 2000
    assert_books_are_the_sum_of_rows(path)


def test_a_price_below_a_nano_dollar_is_exact_and_a_call_is_never_free(tmp_path: Path) -> None:
    assert (
        Prices(0.0028, 0.0375, discount=0.5).cost_of(1_000_000, 1_000_000) == 1_400_000 + 18_750_000
    )
    assert Prices(0.00001, 0.0).cost_of(1, 0) == 1
    assert Prices(0.0, 0.0).cost_of(10**6, 10**6) == 0


def test_answers_that_another_ledger_paid_for_are_taken_at_no_cost(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    first, teacher = ledger(tmp_path / "first/ledger.sqlite", SlowTeacher()), SlowTeacher()
    tallies = [Counter[str](), Counter[str]()]
    replies = first.ask(solves(5), "one", tallies[0])
    options = LedgerOptions(reuse=(tmp_path / "first",))
    books = ledger(tmp_path / "second.sqlite", teacher, Budget(calls=2), options=options)
    assert books.ask(solves(5), "one", tallies[1]) == replies
    assert tallies[0] == tallies[1]
    assert teacher.asked.total() == books.spent().calls == 0
    books.ask(solves(7), "one", Counter())
    *_, everything = spend_by(tmp_path / "second.sqlite", "run")
    assert (everything.asks, everything.reused, everything.calls) == (7, 5, 2)
    assert [row.calls for row in look_up_spend(tmp_path / "second.sqlite", ())] == [2]
    books.close()
    later = ledger(tmp_path / "second.sqlite", teacher)  # without the other one
    assert later.ask(solves(5), "one", Counter()) == replies


def test_a_ledger_to_reuse_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    options = LedgerOptions(reuse=(tmp_path / "nowhere",))
    with pytest.raises(DataError, match=r"no ledger .*nowhere; name the folder of a run"):
        ledger(tmp_path / "l.sqlite", SlowTeacher(), options=options)


def test_a_run_whose_ledger_is_gone_or_emptied_says_so_before_it_pays_again(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    require_ledger(path, 0)
    with pytest.raises(RunError, match=r"is gone, and this run made 42 calls.*--new-ledger"):
        require_ledger(path, 42)
    path.touch()
    with pytest.raises(RunError, match="is empty"):
        require_ledger(path, 42)
    first = ledger(path, SlowTeacher())
    with pytest.raises(RunError, match="is empty"):
        require_ledger(path, 42)
    first.ask(solves(1), "one", Counter())
    first.close()
    require_ledger(path, 42)
    taken = ledger(tmp_path / "r.sqlite", SlowTeacher(), options=LedgerOptions(reuse=(path,)))
    taken.ask(solves(1), "one", Counter())
    taken.close()
    require_ledger(tmp_path / "r.sqlite", 1)  # answers that another run paid for are answers


def test_a_full_disk_says_how_many_answers_it_could_not_take(tmp_path: Path) -> None:
    class Wordy(SlowTeacher):
        async def answer(self, ask: TeacherRequest, meter: UsageMeter) -> Completion:
            reply = await super().answer(ask, meter)
            if self.asked.total() == 13:  # from now on no page is free
                books._writer.do(lambda database: database.execute("pragma max_page_count = 1"))
            return replace(reply, text="word " * 9000)

    teacher = Wordy(seconds=0.1, flights=3)
    books = ledger(tmp_path / "l.sqlite", teacher)
    books.ask(solves(10), "one", Counter())
    with pytest.raises(
        RunError, match=r"the disk is full: free some room.*; 3 answers .* could not be stored"
    ):
        books.ask(solves(20, first=10), "one", Counter())
    books.close()
    *_, everything = spend_by(tmp_path / "l.sqlite", "run")
    assert (everything.answered, everything.calls + everything.lost + everything.open) == (10, 13)


def test_a_ledger_of_the_format_before_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    books = ledger(path, SlowTeacher())
    replies = books.ask(solves(3), "one", Counter())
    books.close()
    make_old(path)
    assert spend_by(path, "run")[-1].answered == 3
    assert ledger(path, SlowTeacher()).ask(solves(3), "one", Counter()) == replies
    assert_books_are_the_sum_of_rows(path)


def make_old(path: Path) -> None:
    """Make a ledger one of format 2."""
    with sqlite3.connect(path) as database:
        for column in ("untold", "reused", "reply_prompt_tokens", "reply_completion_tokens"):
            database.execute(f"alter table calls drop column {column}")
        for table in ("calls", "batches"):
            database.execute(f"alter table {table} add column owner text not null default ''")
        database.execute("pragma user_version = 2")
    database.close()


@pytest.mark.heavy
def test_an_archive_on_a_read_only_disk_is_read(tmp_path: Path) -> None:
    books = ledger(tmp_path / "ledger.sqlite", SlowTeacher())
    books.ask(solves(3), "one", Counter())
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):  # as of a run that was killed
        (tmp_path / f"cut-{name}").write_bytes((tmp_path / name).read_bytes())
    books.close()
    script = (
        f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path} &&"
        f" for name in ledger cut-ledger; do {sys.executable} -m sodakd ledger"
        f" {tmp_path}/$name.sqlite --json || exit 1; done"
    )
    mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*mounts, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here: nothing can be mounted read-only")
    done = subprocess.run(
        [*mounts, "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.count('"answered": 3') == 4, done.stderr


def test_a_damaged_ledger_is_one_clear_error_with_what_helps(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    books = ledger(path, SlowTeacher())
    books.ask(solves(300), "one", Counter())
    books.close()
    whole = path.read_bytes()
    for content in (b"not a database" * 100, whole[: len(whole) // 2], whole[:4096] + b"x" * 9999):
        path.write_bytes(content)
        for use in (lambda: ledger(path, SlowTeacher()), lambda: spend_by(path, "run")):
            with pytest.raises(RunError, match=r"cannot be used: .*it is damaged: put a copy"):
                use()


def test_a_ledger_of_another_format_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "l.sqlite") as database:
        database.execute("create table calls (key text)")
    database.close()
    with pytest.raises(RunError, match="has format 0"):
        ledger(tmp_path / "l.sqlite", SlowTeacher())


class Sum(ComputedTeacher):
    """Says the same to everybody, in fewer tokens than it may."""

    name = "sum"

    def reply(self, ask: TeacherRequest) -> Completion:
        return Completion(text="done", usage=TOOK)

    def at_most(self, ask: TeacherRequest) -> Usage:
        return MOST


def test_computed_answers_stop_at_the_budget_with_all_that_fitted_in_the_books(
    tmp_path: Path,
) -> None:
    path, tokens = tmp_path / "l.sqlite", 300 * TOOK.tokens + MOST.tokens - 1
    for budget, kept in ((Budget(calls=250), 250), (Budget(tokens=tokens), 300)):
        books = Ledger(path, Sum(), Prices(0.0, 0.0), budget)
        with pytest.raises(BudgetReached, match="the next call could bring"):
            books.ask(solves(700), "one", Counter())
        assert (books.spent().calls, books.spent().reserved_calls) == (kept, 0)
        books.close()
        assert_books_are_the_sum_of_rows(path)
