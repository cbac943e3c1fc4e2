"""The calls of one round to a teacher, many at once, each one booked before and after."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sodakd.errors import BudgetReached, RunError, SodakdError
from sodakd.settings.teacher import Budget
from sodakd.teacher import ledger_db
from sodakd.teacher.cost import Prices
from sodakd.teacher.group_commit import GroupCommit
from sodakd.teacher.ledger_db import Call
from sodakd.teacher.requests import RemoteTeacher, Reply
from sodakd.types import Usage

OnProgress = Callable[[int], None]
_CALLERS = 2.0  # for each place at the teacher: the others wait for one, or are at the books


@dataclass(frozen=True)
class Desk:
    """Where the calls of a round are booked: the ledger's commits, prices and budget."""

    commits: GroupCommit
    prices: Prices
    budget: Budget
    shown: OnProgress


class Dispatcher:
    """The calls of one `ask`, many at once, in one event loop."""

    def __init__(self, desk: Desk, teacher: RemoteTeacher, calls: Iterator[Call]) -> None:
        self.desk = desk
        self.teacher = teacher
        self.calls = calls
        self.replies: dict[str, Reply] = {}
        self.reserved = 0
        self.unstored = 0
        self.error: Exception | None = None
        self.passed = ""
        self.workers: list[asyncio.Task[None]] = []

    async def run(self, most: int) -> dict[str, Reply]:
        """All replies. Raises the first error, after what is in flight has come to its end.

        There are `most` calls at most.
        """
        self.settled = asyncio.get_running_loop().create_future()
        count = min(most, round(_CALLERS * self.teacher.max_in_flight) + 1)
        commits = self.desk.commits
        async with commits, self.teacher.session(), asyncio.TaskGroup() as group:
            self.workers = [group.create_task(self._work()) for _ in range(count)]
        error = self.error or commits.error
        if self.passed and isinstance(error, BudgetReached):
            error = BudgetReached(self.passed)
        if self.unstored:
            raise RunError(
                f"{error}; {self.unstored} answers that were delivered could not be stored: they"
                " are asked and paid for again"
            )
        if error is not None:
            raise error
        return self.replies

    def stop(self) -> str:
        """Begin no further attempt; what is waited for, in words."""
        self.fail(SodakdError("stopped before everything was asked"))
        return f"\ntaking in {self.reserved} calls in flight; press Ctrl-C again to end at once"

    async def _work(self) -> None:
        for call in self.calls:
            if self.error is not None:
                return
            till = _CallMeter(self, call)
            try:
                reply = await self.teacher.answer(call.ask, till)
                await till.close(reply)
            except Exception as error:  # the first of any kind ends the round
                till.give_up()
                self.fail(error)
                return
            except BaseException:
                till.give_up()
                raise
            self.replies[call.key] = reply
            self.desk.shown(len(self.replies))

    def settle(self) -> None:
        """One reservation less: whoever waits for room in the budget may look again."""
        self.reserved -= 1
        self.wake()

    def fail(self, error: Exception) -> None:
        """Begin no further attempt, for this reason if there is none yet."""
        if self.error is None:
            self.error = error
        self.wake()

    def pass_budget(self, words: str) -> None:
        """Begin no further attempt; of those in flight the last answer says the true sum."""
        self.passed = words
        self.fail(BudgetReached(words))

    def wake(self) -> None:
        """Have those who wait for room look again."""
        loop = asyncio.get_running_loop()
        self.settled.set_result(None)
        self.settled = loop.create_future()
        if self.error is not None:
            loop.call_soon(self._end)

    def _end(self) -> None:
        """Wait for nobody once nothing is in flight: some wait for a place, or to ask again."""
        if self.reserved == 0:
            for worker in self.workers:
                worker.cancel()


class _CallMeter:
    """The till of one call: its reservations and settlements, in the ledger's groups."""

    def __init__(self, round_: Dispatcher, call: Call) -> None:
        self._round = round_
        self._call = call
        self._most = Usage(prompt_tokens=0, completion_tokens=0)
        self._is_open = False
        self._paid: list[Callable[[sqlite3.Connection], object]] = []

    async def reserve(self, most: Usage) -> None:
        """Set the most aside; near the budget's end, wait for what calls in flight give back.

        Raises the error that ended the round, if it has ended.
        """
        round_, desk = self._round, self._round.desk
        self._settle_paid()
        self._most = most
        operation = partial(
            ledger_db.reserve, call=self._call, most=most, prices=desk.prices, budget=desk.budget
        )
        while True:
            if round_.error is not None:
                raise round_.error
            settled = round_.settled
            try:
                await desk.commits.post(operation)
            except BudgetReached:
                if round_.reserved == 0:
                    raise
                await settled
            except asyncio.CancelledError:
                self.free()  # written after the reservation, if that is still written
                raise
            else:
                round_.reserved += 1
                self._is_open = True
                return

    def paid(self, usage: Usage | None) -> None:
        """Settle at what it took: with the answer, or with the next reservation."""
        self._paid.append(
            partial(
                ledger_db.settle,
                key=self._call.key,
                usage=usage or self._most,
                prices=self._round.desk.prices,
                told=usage is not None,
            )
        )

    def free(self) -> None:
        """Give back what was set aside."""
        self._end(partial(ledger_db.refund, key=self._call.key))

    def lost(self) -> None:
        """Keep it in the books whole."""
        self._end(partial(ledger_db.mark_lost, key=self._call.key))

    async def close(self, reply: Reply) -> None:
        """Keep the answer, with what the last attempt took, in one transaction."""
        paid, key, budget = self._paid, self._call.key, self._round.desk.budget

        def operation(database: sqlite3.Connection) -> str:
            for pay in paid:
                pay(database)
            ledger_db.finish_call(database, key, reply)
            return ledger_db.over(ledger_db.spent(database), budget) if paid else ""

        try:
            passed = await self._round.desk.commits.post(operation)
        except Exception:
            self._round.unstored += bool(paid)
            raise
        self._paid = []
        self._end(None)
        if passed:
            self._round.pass_budget(str(passed))

    def give_up(self) -> None:
        """Settle what is open, of a call that ends without an answer."""
        self._settle_paid()
        if self._is_open:
            self.lost()

    def _settle_paid(self) -> None:
        for pay in self._paid:
            self._end(pay)
        self._paid = []

    def _end(self, operation: Callable[[sqlite3.Connection], object] | None) -> None:
        if operation is not None:
            self._round.desk.commits.post(operation)
        if self._is_open:
            self._is_open = False
            self._round.settle()
