"""The ledger: cache and books of every call to a teacher, in one SQLite file.

What an attempt may cost at most is reserved before it is made, in one transaction, so the budget is
never passed: not with many calls in flight, and not by several processes on one ledger. The answer
is stored before it is used, so nothing paid for is asked twice. An attempt that may have been paid
for and brought nothing (cut off on its way, or in flight when its process was killed) is `lost`: it
stays in the books at the most it can have cost.
"""

import asyncio
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from sodakd.errors import BudgetReached, SodakdError
from sodakd.models.apart import run_apart
from sodakd.models.completions import Finish
from sodakd.settings.teacher import Budget
from sodakd.teacher import books
from sodakd.teacher.asks import Ask, CallingTeacher, Reply, Teacher, ask_key, request_key
from sodakd.teacher.books import Call, Place
from sodakd.teacher.commit import GroupCommit
from sodakd.teacher.money import NANO, Prices, SpendRow, Spent
from sodakd.types import Usage

__all__ = ["NANO", "Ledger", "Prices", "SpendRow", "Spent", "look_up_spent"]

Shown = Callable[[int], None]
_CHUNK = 64  # computed answers booked in one transaction
_AHEAD = 2.0  # callers for each place at the teacher: the others are at the books
_POLL = 0.3  # seconds until it is looked again whether another process has an answer


class Ledger:
    """A teacher behind its books. Safe to share between threads, and its file between processes."""

    def __init__(
        self, path: Path, teacher: Teacher | CallingTeacher, prices: Prices, budget: Budget
    ) -> None:
        self.teacher = teacher
        self.prices = prices
        self.budget = budget
        self._path = path
        self._lock = threading.Lock()
        # An answer that was paid for must survive a power cut; a computed one needs no fsync.
        self._calling = teacher if isinstance(teacher, CallingTeacher) else None
        self._database = books.open_books(path, "full" if self._calling else "normal")

    def close(self) -> None:
        self._database.close()

    def ask(
        self,
        asks: Sequence[Ask],
        step: str,
        tally: Counter[str],
        progress: Shown | None = None,
    ) -> list[Reply]:
        """Answers to asks, in their order: from the ledger where they are known, else asked for.

        Calls and tokens are added to `tally`, known answers too: a method's need does not depend
        on what the ledger holds. A reply that was cut off, filtered or failed is counted there.

        Raises:
            BudgetReached: the next call could pass the budget. The answers so far are kept.
            TeacherError, EndpointError: the teacher cannot answer.
        """
        with self._lock:
            calls = [self._call(ask, step) for ask in asks]
            found = books.known(self._database, [call.key for call in calls])
            early = [key for key, (_, booked) in found.items() if step < booked]
            if early:
                with books.transaction(self._database, self._path):
                    books.book_under(self._database, step, early)
            replies = {key: reply for key, (reply, _) in found.items()}
            missing = {call.key: call for call in calls if call.key not in replies}
            shown = _counted(progress, len(asks) - len(missing), len(asks))
            if isinstance(self.teacher, CallingTeacher):
                work = _Round(self, self.teacher, list(missing.values()), shown)
                replies |= run_apart(work.run()) if missing else {}
            else:
                replies |= self._compute(self.teacher, list(missing.values()), shown)
        answers = [replies[call.key] for call in calls]
        shown(len(answers))
        tally["teacher_calls"] += len(answers)
        tally["prompt_tokens"] += sum(reply.usage.prompt_tokens for reply in answers)
        tally["completion_tokens"] += sum(reply.usage.completion_tokens for reply in answers)
        for reply in answers:
            if reply.finish is not Finish.STOP:
                tally[f"reply_{reply.finish}"] += 1
        return answers

    def spent(self) -> Spent:
        """All that was spent so far, with what is reserved for calls in flight."""
        with self._lock:
            return books.spent(self._database)

    def rows(self) -> list[SpendRow]:
        """What was spent on answers, by step and kind of ask."""
        with self._lock:
            return books.spend_rows(self._database)

    def _call(self, ask: Ask, step: str) -> Call:
        own, teacher, calling = ask_key(ask), self.teacher, self._calling
        version = calling.version(ask) if calling is not None else teacher.name
        model = calling.model if calling is not None else teacher.name
        key = request_key(version, own)
        return Call(key, own, ask, teacher.name, model, step, keep_ask=calling is not None)

    def _compute(self, teacher: Teacher, missing: Sequence[Call], shown: Shown) -> dict[str, Reply]:
        replies: dict[str, Reply] = {}
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            new = [(call, teacher.at_most(call.ask), teacher.reply(call.ask)) for call in chunk]
            reached: BudgetReached | None = None
            with books.transaction(self._database, self._path):
                for call, most, reply in new:
                    try:
                        books.record(self._database, call, most, reply, self.prices, self.budget)
                    except BudgetReached as error:  # what was booked before it is kept
                        reached = error
                        break
                    replies[call.key] = reply
            if reached is not None:
                raise reached
            shown(len(replies))
        return replies


class _Round:
    """The calls of one `ask`, many at once, in one event loop."""

    def __init__(
        self, ledger: Ledger, teacher: CallingTeacher, calls: Sequence[Call], shown: Shown
    ) -> None:
        self.ledger = ledger
        self.teacher = teacher
        self.calls = calls
        self.shown = shown
        self.replies: dict[str, Reply] = {}
        self.reserved = 0
        self.error: SodakdError | None = None

    async def run(self) -> dict[str, Reply]:
        """All replies. Raises the first error, after what is in flight has come to its end."""
        self.settled = asyncio.get_running_loop().create_future()
        queue = iter(self.calls)
        count = min(len(self.calls), round(_AHEAD * self.teacher.max_in_flight) + 1)
        async with (
            GroupCommit(self.ledger._database, self.ledger._path) as self.commits,
            self.teacher.session(),
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(count):
                workers.create_task(self._work(queue))
        if self.error is not None:
            raise self.error
        return self.replies

    async def _work(self, queue: Iterator[Call]) -> None:
        for call in queue:
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

    def __init__(self, round_: _Round, call: Call) -> None:
        self._round = round_
        self._call = call
        self._prices = round_.ledger.prices
        self._is_open = False
        self._paid: list[Usage] = []

    async def reserve(self, most: Usage) -> None:
        """Set the most aside; near the budget's end, wait for what calls in flight give back."""
        round_, call = self._round, self._call
        self._settle_paid()
        budget = round_.ledger.budget

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


def _counted(progress: Shown | None, before: int, total: int) -> Shown:
    """Progress on `total`, of which `before` were known; told at each fiftieth answer."""
    told = 0

    def shown(done: int) -> None:
        nonlocal told
        done = min(total, done if done == total else before + done)
        if progress is not None and (done // 50 > told // 50 or (done == total and told < total)):
            told = done
            progress(done)

    return shown


def look_up_spent(path: Path) -> Spent | None:
    """What a ledger's file says was spent, for whoever watches; None if it cannot be told now."""
    if not path.exists():
        return None
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)
        spent = books.spent(database)
        database.close()
    except (sqlite3.Error, TypeError):  # TypeError: its one row is not written yet
        return None
    return spent
