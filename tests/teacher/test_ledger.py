"""The ledger: nothing is asked twice, and the budget is never passed."""

import multiprocessing
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import BudgetReached, RunError, TeacherError
from sodakd.settings.teacher import Budget
from sodakd.teacher.asks import Ask, Reply, Solve
from sodakd.types import Usage
from sodakd.teacher.ledger import Ledger, Prices, look_up_spent
from sodakd.types import Language, Question


class SlowTeacher:
    """Answers after a moment, uses fewer tokens than it may, and counts what reaches it."""

    name = "slow"
    computes = False

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, ask: Ask) -> Reply:
        with self._lock:
            self.asked[ask.question.id] += 1
        time.sleep(self.seconds)
        if ask.question.text == "too hard":
            raise TeacherError("cannot")
        return Reply(text="done", usage=Usage(prompt_tokens=10, completion_tokens=5))

    def at_most(self, ask: Ask) -> Usage:
        return Usage(prompt_tokens=10, completion_tokens=40)


def asks(count: int) -> list[Ask]:
    return [
        Solve(
            question=Question.new(
                text=f"question {number}",
                language=Language.PYTHON,
                tests=None,
                source="test",
                level=None,
            )
        )
        for number in range(count)
    ]


def ledger(
    path: Path, teacher: SlowTeacher, budget: Budget | None = None, flights: int = 1
) -> Ledger:
    return Ledger(path, teacher, Prices(1.0, 2.0), budget or Budget(), flights)


def test_a_known_answer_is_not_asked_again(tmp_path: Path) -> None:
    teacher = SlowTeacher()
    for _ in range(2):
        books = ledger(tmp_path / "l.sqlite", teacher)
        tally: Counter[str] = Counter()
        assert len(books.ask([*asks(5), *asks(5)], "one", tally)) == 10
        assert tally["teacher_calls"] == 10
        books.close()
    assert teacher.asked.total() == 5


def test_the_books_are_exact(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher())
    books.ask(asks(7), "one", Counter())
    spent = books.spent()
    assert (spent.calls, spent.tokens) == (7, 7 * 15)
    assert spent.money == 7 * (10 * 1000 + 5 * 2000)  # nano-dollars
    (row,) = books.rows()
    assert (row.step, row.ask, row.calls, row.prompt_tokens) == ("one", "solve", 7, 70)
    assert look_up_spent(tmp_path / "l.sqlite") == spent


def test_an_answer_that_two_steps_need_is_booked_alike_whoever_asks_first(tmp_path: Path) -> None:
    booked = []
    for name, order in (("a", ("one", "two")), ("b", ("two", "one"))):
        books = ledger(tmp_path / f"{name}.sqlite", SlowTeacher())
        for step in order:
            books.ask(asks(3), step, Counter())
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
def test_the_budget_is_never_passed_with_many_calls_in_flight(
    tmp_path: Path, budget: Budget, most: int
) -> None:
    teacher = SlowTeacher(seconds=0.002)
    books = ledger(tmp_path / "l.sqlite", teacher, budget, flights=32)
    with pytest.raises(BudgetReached, match="raise budget"):
        books.ask(asks(300), "one", Counter())
    spent = books.spent()
    assert 0 < spent.calls <= most
    assert spent.tokens <= (budget.tokens or spent.tokens)
    assert spent.dollars <= (budget.money or spent.dollars)
    assert teacher.asked.total() == spent.calls


def test_a_raised_budget_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    teacher = SlowTeacher()
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(calls=8))
    with pytest.raises(BudgetReached):
        books.ask(asks(20), "one", Counter())
    books.close()
    books = ledger(tmp_path / "l.sqlite", teacher, Budget(calls=20))
    assert len(books.ask(asks(20), "one", Counter())) == 20
    assert set(teacher.asked.values()) == {1}


def _spend(path: Path) -> None:
    try:
        ledger(path, SlowTeacher(seconds=0.001), Budget(calls=60)).ask(asks(100), "x", Counter())
    except BudgetReached:
        return


def test_processes_on_one_ledger_share_its_budget(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_spend, args=(tmp_path / "l.sqlite",)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spent = look_up_spent(tmp_path / "l.sqlite")
    assert spent is not None
    assert spent.calls == 60


def test_a_failed_call_gives_its_reservation_back(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l.sqlite", SlowTeacher())
    bad = Solve(question=asks(1)[0].question.model_copy(update={"text": "too hard"}))
    with pytest.raises(TeacherError):
        books.ask([bad], "one", Counter())
    assert books.spent().calls == 0


def test_a_file_that_is_no_ledger_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "l.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(RunError, match=r"the ledger .* cannot be used"):
        ledger(tmp_path / "l.sqlite", SlowTeacher())
