"""The ledger: cache and books of every call to a teacher, in one SQLite file.

What a call may cost at most is reserved before it is made, in one transaction, so the budget is
never passed: not with many calls in flight, and not by several processes on one ledger. The answer
is stored before it is used, so nothing paid for is asked twice. A call that was in flight when its
process was killed stays reserved: it may have been paid for.
"""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import BudgetReached, RunError
from sodakd.settings.teacher import Budget
from sodakd.teacher.asks import Ask, Reply, Teacher, Usage, request_key
from sodakd.types import Frozen

NANO = 1_000_000_000
"""Money is kept in whole nano-dollars: sums are exact."""

_SCHEMA = """
create table if not exists calls (
  key text primary key,
  teacher text not null,
  kind text not null,
  step text not null,
  question text not null,
  state text not null check (state in ('asked', 'answered')),
  attempts integer not null,
  prompt_tokens integer not null,
  completion_tokens integer not null,
  money integer not null,
  reply text,
  at real not null
) strict;
create table if not exists books (
  one integer primary key check (one = 1),
  calls integer not null, tokens integer not null, money integer not null
) strict;
insert or ignore into books values (1, 0, 0, 0);
"""


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Nano-dollars of so many tokens."""
        return prompt_tokens * round(self.prompt * 1000) + completion_tokens * round(
            self.completion * 1000
        )

    def money(self, usage: Usage) -> int:
        """Nano-dollars of a usage."""
        return self.of(usage.prompt_tokens, usage.completion_tokens)


@dataclass(frozen=True)
class Spent:
    """Calls, tokens and nano-dollars, answered and in flight."""

    calls: int
    tokens: int
    money: int

    @property
    def dollars(self) -> float:
        return self.money / NANO


class SpendRow(Frozen):
    """What one kind of ask cost in one step. Money in US dollars."""

    step: str
    ask: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: float


class Ledger:
    """A teacher behind its books. Safe to share between threads, and its file between processes."""

    def __init__(
        self,
        path: Path,
        teacher: Teacher,
        prices: Prices,
        budget: Budget,
        max_in_flight: int = 1,
    ) -> None:
        self.teacher = teacher
        self.prices = prices
        self.budget = budget
        self.max_in_flight = max_in_flight
        self._path = path
        self._lock = threading.Lock()
        # An answer that was paid for must survive a power cut; a computed one needs no fsync.
        self._database = _open(path, "normal" if teacher.computes else "full")

    def close(self) -> None:
        self._database.close()

    def ask(
        self,
        asks: Sequence[Ask],
        step: str,
        tally: Counter[str],
        progress: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """Answers to asks, in their order: from the ledger where they are known, else asked for.

        Calls and tokens are added to `tally`, known answers too: a method's need does not depend
        on what the ledger holds.

        Raises:
            BudgetReached: the next call could pass the budget. The answers so far are kept.
            TeacherError: the teacher cannot answer.
        """
        replies = []
        for number, reply in enumerate(self._answers(asks, step), start=1):
            replies.append(reply)
            if progress is not None and (number % 50 == 0 or number == len(asks)):
                progress(number)
        tally["teacher_calls"] += len(replies)
        tally["prompt_tokens"] += sum(reply.usage.prompt_tokens for reply in replies)
        tally["completion_tokens"] += sum(reply.usage.completion_tokens for reply in replies)
        return replies

    def _answers(self, asks: Sequence[Ask], step: str) -> Iterator[Reply]:
        if self.max_in_flight == 1:
            for ask in asks:
                yield self._answer(ask, step)
            return
        with ThreadPoolExecutor(self.max_in_flight) as pool:
            futures = [pool.submit(self._answer, ask, step) for ask in asks]
            try:
                for future in futures:
                    yield future.result()
            finally:  # at the limit, calls not yet begun are not made
                pool.shutdown(cancel_futures=True)

    def spent(self) -> Spent:
        """All that was spent so far, with what is reserved for calls in flight."""
        with self._lock:
            calls, tokens, money = self._database.execute(
                "select calls, tokens, money from books"
            ).fetchone()
        return Spent(calls, tokens, money)

    def rows(self) -> list[SpendRow]:
        """What was spent, by step and kind of ask."""
        with self._lock:
            found = self._database.execute(
                "select step, kind, count(*), sum(prompt_tokens), sum(completion_tokens),"
                " sum(money) from calls group by step, kind order by step, kind"
            ).fetchall()
        return [
            SpendRow(
                step=step, ask=kind, calls=calls, prompt_tokens=prompt,
                completion_tokens=completion, money=money / NANO,
            )
            for step, kind, calls, prompt, completion, money in found
        ]  # fmt: skip

    def _answer(self, ask: Ask, step: str) -> Reply:
        key = request_key(self.teacher.name, ask)
        with self._lock:
            known = self._database.execute(
                "select reply, prompt_tokens, completion_tokens, step from calls"
                " where key = ? and state = 'answered'",
                (key,),
            ).fetchone()
        if known is not None:
            if step < known[3]:
                self._book_under(step, key)
            return Reply(
                text=known[0], usage=Usage(prompt_tokens=known[1], completion_tokens=known[2])
            )
        most = self.teacher.at_most(ask)
        self._reserve(key, ask, step, most)
        try:
            reply = self.teacher.reply(ask)
        except BaseException:
            self._release(key, most)
            raise
        self._settle(key, most, reply)
        return reply

    def _reserve(self, key: str, ask: Ask, step: str, most: Usage) -> None:
        money = self.prices.money(most)
        with self._transaction() as database:
            calls, tokens, spent = database.execute(
                "select calls, tokens, money from books"
            ).fetchone()
            self._check(Spent(calls + 1, tokens + most.tokens, spent + money))
            database.execute(
                "update books set calls = calls + 1, tokens = tokens + ?, money = money + ?",
                (most.tokens, money),
            )
            database.execute(
                "insert into calls values (?, ?, ?, ?, ?, 'asked', 1, ?, ?, ?, null, ?)"
                " on conflict (key) do update set attempts = attempts + 1,"
                " step = min(step, excluded.step)",
                (
                    key, self.teacher.name, ask.kind, step, ask.question.id,
                    most.prompt_tokens, most.completion_tokens, money, time.time(),
                ),
            )  # fmt: skip

    def _check(self, after: Spent) -> None:
        budget = self.budget
        for name, limit, amount in (
            ("calls", budget.calls, after.calls),
            ("tokens", budget.tokens, after.tokens),
            ("money", budget.money, after.dollars),
        ):
            if limit is not None and amount > limit:
                raise BudgetReached(
                    f"the budget is reached: the next call could bring {name} to {amount:g}, and"
                    f" budget.{name} is {limit:g}; all answers so far are kept: to go on, raise"
                    f" budget.{name} and run the same command again"
                )

    def _settle(self, key: str, most: Usage, reply: Reply) -> None:
        usage, money = reply.usage, self.prices.money(reply.usage)
        with self._transaction() as database:
            database.execute(
                "update books set tokens = tokens + ?, money = money + ?",
                (usage.tokens - most.tokens, money - self.prices.money(most)),
            )
            database.execute(
                "update calls set state = 'answered', reply = ?, prompt_tokens = ?,"
                " completion_tokens = ?, money = ?, at = ? where key = ?",
                (
                    reply.text, usage.prompt_tokens, usage.completion_tokens, money, time.time(),
                    key,
                ),
            )  # fmt: skip

    def _book_under(self, step: str, key: str) -> None:
        """Of all steps that need an answer the first by name is booked, whoever came first."""
        with self._transaction() as database:
            database.execute(
                "update calls set step = ? where key = ? and step > ?", (step, key, step)
            )

    def _release(self, key: str, most: Usage) -> None:
        with self._transaction() as database:
            database.execute(
                "update books set calls = calls - 1, tokens = tokens - ?, money = money - ?",
                (most.tokens, self.prices.money(most)),
            )
            database.execute("delete from calls where key = ? and attempts = 1", (key,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._database.execute("begin immediate")
                try:
                    yield self._database
                except BaseException:
                    self._database.execute("rollback")
                    raise
                self._database.execute("commit")
            except sqlite3.Error as error:
                raise _unusable(self._path, error) from error


def look_up_spent(path: Path) -> Spent | None:
    """What a ledger's file says was spent, for whoever watches; None if it cannot be told now."""
    if not path.exists():
        return None
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)
        row = database.execute("select calls, tokens, money from books").fetchone()
        database.close()
    except sqlite3.Error:
        return None
    return Spent(*row) if row else None


def _open(path: Path, synchronous: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        database.execute("pragma journal_mode = wal")
        database.execute(f"pragma synchronous = {synchronous}")
        database.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return database


def _unusable(path: Path, error: sqlite3.Error) -> RunError:
    return RunError(
        f"the ledger {path} cannot be used: {error}; make sure that the disk has room and that"
        " the file may be written, then run the same command again: nothing is lost"
    )
