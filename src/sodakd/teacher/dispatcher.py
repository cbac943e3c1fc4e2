"""The calls of one round to a teacher, many at once, each one booked before and after."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sodakd.errors import BudgetReached, RunError, SodakdError
from sodakd.inference.completions import Completion
from sodakd.teacher.call_meter import Billing, CallMeter
from sodakd.teacher.ledger_db import Call
from sodakd.teacher.requests import TeacherRequest

_CALLERS = 2.0  # for each place at the teacher: the others wait for one, or are at the books


class Teacher(Protocol):
    """Who answers asks, many of them at once.

    `is_costly`: an answer takes time or money, so it survives a power cut and its ask is kept.
    """

    @property
    def name(self) -> str: ...
    @property
    def max_in_flight(self) -> int: ...
    @property
    def is_costly(self) -> bool: ...

    def version(self, ask: TeacherRequest) -> str:
        """All that an answer depends on beside the ask, as a part of the ledger's keys."""
        ...

    def session(self) -> AbstractAsyncContextManager[object]:
        """What `answer` needs while it is called, opened for one event loop."""
        ...

    async def answer(self, ask: TeacherRequest, meter: CallMeter) -> Completion:
        """Answer one ask. Its attempts go through the meter.

        Raises:
            TeacherError, EndpointError: no ask can be answered.
        """
        ...


class Dispatcher:
    """The calls of one `ask`, many at once, in one event loop."""

    def __init__(self, billing: Billing, teacher: Teacher, calls: Iterator[Call]) -> None:
        self.billing = billing
        self.teacher = teacher
        self.calls = calls
        self.replies: dict[str, Completion] = {}
        self.in_flight = 0
        self.unstored = 0
        self.error: Exception | None = None
        self.passed = ""
        self.workers: list[asyncio.Task[None]] = []

    async def run(self, most: int) -> dict[str, Completion]:
        """All replies. Raises the first error, after what is in flight has come to its end.

        There are `most` calls at most.
        """
        self.settled = asyncio.get_running_loop().create_future()
        count = min(most, round(_CALLERS * self.teacher.max_in_flight) + 1)
        commits = self.billing.commits
        async with commits, self.teacher.session(), asyncio.TaskGroup() as group:
            self.workers = [group.create_task(self._work(), name="call") for _ in range(count)]
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
        if self.in_flight == 0:
            return "\nno call is in flight here: ending"
        return f"\ntaking in {self.in_flight} calls in flight; press Ctrl-C again to end at once"

    async def _work(self) -> None:
        for call in self.calls:
            if self.error is not None:
                return
            meter = CallMeter(self, call)
            try:
                reply = await self.teacher.answer(call.ask, meter)
                await meter.close(reply)
            except Exception as error:  # the first of any kind ends the round
                meter.give_up()
                self.fail(error)
                return
            except BaseException:
                meter.give_up()
                raise
            self.replies[call.key] = reply
            self.billing.shown(len(self.replies))

    def settle(self) -> None:
        """One call in flight less: whoever waits for room in the budget may look again."""
        self.in_flight -= 1
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
        """Wait for nobody once nothing is in flight.

        Some wait for a place, to ask again, or for a batch, which the next run takes in.
        """
        if self.in_flight == 0:
            for worker in self.workers:
                worker.cancel()
