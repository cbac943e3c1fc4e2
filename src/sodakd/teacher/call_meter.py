"""The meter of one call to a teacher: what its attempts may take, took, or lost, in the books."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sodakd.errors import BudgetReached
from sodakd.inference.completions import Completion
from sodakd.settings.teacher import Budget
from sodakd.teacher import ledger_db
from sodakd.teacher.cost import Prices
from sodakd.teacher.group_commit import GroupCommit, Operation
from sodakd.teacher.ledger_db import Call
from sodakd.types import Usage

if TYPE_CHECKING:
    from sodakd.teacher.dispatcher import Dispatcher

OnProgress = Callable[[int], None]
_NOTHING = Usage(prompt_tokens=0, completion_tokens=0)


@dataclass(frozen=True)
class Billing:
    """Where the calls of a round are booked: the ledger's commits, prices and budget."""

    commits: GroupCommit
    prices: Prices
    budget: Budget
    shown: OnProgress


class CallMeter:
    """The `UsageMeter` of one call: its reservations and settlements, in the ledger's groups."""

    # Of a batch all are there at the same time.
    __slots__ = ("_dispatcher", "_is_open", "_made", "_most", "_paid", "billing", "call")

    def __init__(self, dispatcher: "Dispatcher", call: Call) -> None:
        self.call = call
        self.billing = dispatcher.billing
        self._dispatcher = dispatcher
        self._most = _NOTHING
        self._is_open = False
        self._made: Usage | None = None
        self._paid: tuple[Operation, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Whether the round has ended."""
        return self._dispatcher.error is not None

    async def reserve(self, most: Usage) -> None:
        """Set the most aside; near the budget's end, wait for what calls in flight give back.

        Raises the error that ended the round, if it has ended.
        """
        dispatcher, billing = self._dispatcher, self.billing
        self.settle_paid()
        operation = partial(
            ledger_db.reserve,
            call=self.call,
            most=most,
            prices=billing.prices,
            budget=billing.budget,
        )
        while True:
            self.raise_if_ended()
            settled = dispatcher.settled
            try:
                await billing.commits.commit(operation)
            except BudgetReached:
                # What was given back while this was being written is room that it did not see.
                if dispatcher.in_flight == 0 and not settled.done():
                    raise
                await settled
            except asyncio.CancelledError:
                self.free()  # written after the reservation, if that is still written
                raise
            else:
                self.open(most)
                return

    def raise_if_ended(self) -> None:
        """Raise the error that ended the round, if it has ended."""
        if self._dispatcher.error is not None:
            raise self._dispatcher.error

    def open(self, most: Usage) -> None:
        """Have an attempt in flight for which the books hold the most it can take."""
        self._most = most
        self._is_open = True
        self._dispatcher.in_flight += 1

    def made(self, most: Usage) -> None:
        """Have an attempt that took no time booked with the answer, which tells what it took."""
        self._made = most

    def paid(self, usage: Usage | None) -> None:
        """Settle at what it took: with the answer, or with the next reservation."""
        settled = partial(
            ledger_db.settle,
            key=self.call.key,
            usage=usage or self._most,
            prices=self.billing.prices,
            told=usage is not None,
        )
        self._paid = (*self._paid, settled)

    def free(self) -> None:
        """Give back what was set aside."""
        self._end(partial(ledger_db.refund, key=self.call.key))

    def lost(self) -> None:
        """Keep it in the books whole."""
        self._end(partial(ledger_db.mark_lost, key=self.call.key))

    async def close(self, reply: Completion) -> None:
        """Keep the answer, with what the last attempt took, in one transaction."""
        made, paid, call, billing = self._made, self._paid, self.call, self.billing

        def operation(database: sqlite3.Connection) -> str:
            if made is not None:
                return ledger_db.record(database, call, made, reply, billing.prices, billing.budget)
            for pay in paid:
                pay(database)
            ledger_db.finish_call(database, call.key, reply)
            return ledger_db.over(database, billing.budget) if paid else ""

        try:
            passed = await billing.commits.commit(operation)
        except BudgetReached:  # of an attempt that was `made`: nothing of it is booked
            raise
        except Exception:
            self._dispatcher.unstored += made is not None or bool(paid)
            raise
        self._paid = ()
        self._end(None)
        if passed:
            self._dispatcher.pass_budget(passed)

    def give_up(self) -> None:
        """Settle what is open, of a call that ends without an answer."""
        self.settle_paid()
        if self._is_open:
            self.lost()

    def settle_paid(self) -> None:
        """Have what was paid written now, for the call goes on."""
        for pay in self._paid:
            self._end(pay)
        self._paid = ()

    def _end(self, operation: Operation | None) -> None:
        if operation is not None:
            self.billing.commits.post(operation)
        if self._is_open:
            self._is_open = False
            self._dispatcher.settle()
