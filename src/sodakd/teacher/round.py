"""The calls of one round to a teacher, many at once, each one booked before and after."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from sodakd.errors import BudgetReached, SodakdError
from sodakd.settings.teacher import Budget
from sodakd.teacher import books
from sodakd.teacher.asks import CallingTeacher, Reply
from sodakd.teacher.batch import BatchRound, BatchTeacher
from sodakd.teacher.books import Call, Place
from sodakd.teacher.commit import GroupCommit
from sodakd.teacher.money import Prices
from sodakd.types import Usage

Shown = Callable[[int], None]
_AHEAD = 2.0  # callers for each place at the teacher: the others are at the books
_POLL = 0.3  # seconds until it is looked again whether another process has an answer


class Round:
    """The calls of one `ask`, many at once, in one event loop."""

    def __init__(
        self,
        commits: GroupCommit,
        teacher: CallingTeacher,
        prices: Prices,
        budget: Budget,
        calls: Iterator[Call],
        shown: Shown,
    ) -> None:
        self.commits = commits
        self.teacher = teacher
        self.prices = prices
        self.budget = budget
        self.calls = calls
        self.shown = shown
        self.replies: dict[str, Reply] = {}
        self.reserved = 0
        self.error: SodakdError | None = None

    async def run(self, most: int) -> dict[str, Reply]:
        """All replies. Raises the first error, after what is in flight has come to its end.

        There are `most` calls at most.
        """
        self.settled = asyncio.get_running_loop().create_future()
        count = min(most, round(_AHEAD * self.teacher.max_in_flight) + 1)
        async with (
            self.commits,
            self.teacher.session(),
        ):
            if isinstance(self.teacher, BatchTeacher):
                batches = BatchRound(
                    self.commits, self.teacher, self.prices, self.budget, self.shown
                )
                return await batches.run(list(self.calls))
            async with asyncio.TaskGroup() as workers:
                for _ in range(count):
                    workers.create_task(self._work())
        if self.error is not None:
            raise self.error
        return self.replies

    async def _work(self) -> None:
        for call in self.calls:
            if self.error is not None:
                return
            till = _CallTill(self, call)
            try:
                reply = await self._reply(call, till)
            except SodakdError as error:
                till.give_up()
                self.fail(error)
                return
            except BaseException:
                till.give_up()
                raise
            self.replies[call.key] = reply
            self.shown(len(self.replies))

    async def _reply(self, call: Call, till: "_CallTill") -> Reply:
        while True:
            try:
                reply = await self.teacher.answer(call.ask, till)
            except _Answered as other:
                return other.reply
            except _Elsewhere:
                await asyncio.sleep(_POLL)
                if self.error is not None:
                    raise self.error from None
                continue
            await till.close(reply)
            return reply

    def settle(self) -> None:
        """One reservation less: whoever waits for room in the budget may look again."""
        self.reserved -= 1
        self.wake()

    def fail(self, error: SodakdError) -> None:
        """Begin no further call, for this reason if there is none yet."""
        if self.error is None:
            self.error = error
        self.wake()

    def wake(self) -> None:
        """Have those who wait for room look again."""
        self.settled.set_result(None)
        self.settled = asyncio.get_running_loop().create_future()


class _Answered(Exception):
    """Another process had the answer meanwhile."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class _Elsewhere(Exception):
    """Another process is asking for this right now."""


class _CallTill:
    """The till of one call: its reservations and settlements, in the ledger's groups."""

    def __init__(self, round_: Round, call: Call) -> None:
        self._round = round_
        self._call = call
        self._prices = round_.prices
        self._is_open = False
        self._paid: list[Usage] = []

    async def reserve(self, most: Usage) -> None:
        """Set the most aside; near the budget's end, wait for what calls in flight give back."""
        round_, call = self._round, self._call
        self._settle_paid()
        budget = round_.budget

        def operation(database: sqlite3.Connection) -> Place | Reply:
            place = books.reserve(database, call, most, self._prices, budget)
            if place is Place.ANSWERED:
                return books.known(database, [call.key])[call.key][0]
            return place

        while True:
            settled = round_.settled
            try:
                place = await round_.commits.post(operation)
            except BudgetReached:
                if round_.reserved == 0 or round_.error is not None:
                    raise
                await settled
                continue
            break
        if isinstance(place, Reply):
            raise _Answered(place)
        if place is Place.ELSEWHERE:
            raise _Elsewhere
        round_.reserved += 1
        self._is_open = True

    def paid(self, usage: Usage) -> None:
        """Settle at what it took: with the answer, or with the next reservation."""
        self._paid.append(usage)

    def free(self) -> None:
        """Give back what was set aside."""
        self._end(lambda database: books.free(database, self._call.key))

    def lost(self) -> None:
        """Keep it in the books whole."""
        self._end(lambda database: books.lose(database, self._call.key))

    async def close(self, reply: Reply) -> None:
        """Keep the answer, with what the last attempt took, in one transaction."""
        paid, key, prices = self._paid, self._call.key, self._prices

        def operation(database: sqlite3.Connection) -> None:
            for usage in paid:
                books.pay(database, key, usage, prices)
            books.close_call(database, key, reply)

        await self._round.commits.post(operation)
        self._paid = []
        self._end(None)

    def give_up(self) -> None:
        """Settle what is open, of a call that ends without an answer."""
        self._settle_paid()
        if self._is_open:
            self.lost()
        self._end(lambda database: books.abandon(database, self._call.key))

    def _settle_paid(self) -> None:
        key, prices = self._call.key, self._prices
        for usage in self._paid:
            self._end(partial(books.pay, key=key, usage=usage, prices=prices))
        self._paid = []

    def _end(self, operation: Callable[[sqlite3.Connection], None] | None) -> None:
        if operation is not None:
            self._round.commits.post(operation)
        if self._is_open:
            self._is_open = False
            self._round.settle()
