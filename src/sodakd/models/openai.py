"""A client of any OpenAI-compatible server: as many calls at once as it bears, each to its end.

An attempt that went wrong on its way is made again, later and later, a bounded number of times. A
server that refuses all (a revoked key, an unknown model) or fails half of the time stops every call
at once, with one error.
"""

import asyncio
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from sodakd.errors import EndpointError
from sodakd.models.completions import (
    Billed,
    Completion,
    Failure,
    Finish,
    Request,
    Till,
    Trouble,
    at_most,
)
from sodakd.models.endpoint import Endpoint
from sodakd.models.http import Connections
from sodakd.models.limiter import Breaker, Limit, Outage
from sodakd.models.replies import read_reply
from sodakd.types import Usage

_EMPTY_ANSWERS = 3
"""An empty answer is paid for, and mostly comes again: it is asked for twice more, no oftener."""


@dataclass(frozen=True)
class Patience:
    """How long a client tries. Seconds."""

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 60.0
    timeout: float = 600.0
    stall: float = 900.0

    def wait(self, failures: int, drawn: float) -> float:
        """The pause after so many failures; `drawn` in [0, 1) spreads callers over its half."""
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))
        return longest * (0.5 + 0.5 * drawn)


class Client:
    """Calls to one endpoint, to be used inside `async with` in one event loop.

    An answer without text is asked for again, but where `empty_is_said`: a student may have nothing
    to say.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        max_in_flight: int,
        patience: Patience,
        *,
        empty_is_said: bool = False,
    ) -> None:
        self._empty_is_said = empty_is_said
        self.endpoint = endpoint
        self.patience = patience
        self.max_in_flight = max_in_flight
        self.troubles: Counter[str] = Counter()
        self._limit = Limit(max_in_flight)
        self._breaker = Breaker()
        self._ever = False
        self._jitter = random.Random()

    async def __aenter__(self) -> Self:
        self._connections = Connections(
            self.endpoint.base_url, self.endpoint.key, self.patience.timeout
        )
        self._limit.round += 1
        self._in_flight = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._stop: EndpointError | None = None
        self._stopped = asyncio.Event()
        self._closed_until = 0.0
        self._last_success = time.monotonic()
        self._breaker = Breaker()
        self._outage = Outage()
        self._given_up = 0
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connections.close()

    async def complete(self, request: Request, till: Till) -> Completion:
        """An answer, or after the last attempt a `failed` one that says why.

        Every attempt goes through the till: reserved before, settled after. The last one, where it
        was answered, is reported as paid with the answer.

        Raises:
            EndpointError: the server refuses all calls or is out of order: nothing more is sent.
        """
        most = at_most(request)
        body = self.endpoint.body(request)
        failures = empties = 0
        while True:
            self._raise_if_stopped()
            found = await self._attempt(body, most, till)
            if isinstance(found, Completion):
                if found.error:
                    till.free()
                else:
                    till.paid(found.usage)
                return found
            self._settle(found, till)
            unpaid = found.billed is Billed.NO
            if found.trouble is Trouble.BUSY or (found.trouble is Trouble.AWAY and unpaid):
                await self._pause(self.patience.wait(1, self._jitter.random()))
                continue
            failures += 1
            empties += found.trouble is Trouble.EMPTY
            last = failures >= self.patience.attempts or empties >= _EMPTY_ANSWERS
            if last or found.trouble is Trouble.REFUSED:
                return self._gave_up(found)
            wait = self.patience.wait(failures, self._jitter.random())
            await self._pause(max(wait, found.retry_after or 0.0))

    async def _attempt(self, body: bytes, most: Usage, till: Till) -> Completion | Failure:
        await self._enter()
        try:
            await till.reserve(most)  # with a place in hand: what waits for one is no call yet
            round_sent, began = self._limit.round, time.monotonic()
            try:
                reply = await self._connections.send("POST", "/chat/completions", body)
            except BaseException:
                till.lost()
                raise
        finally:
            self._in_flight -= 1
            self._let_in()
        found = (
            reply
            if isinstance(reply, Failure)
            else read_reply(
                reply.status, reply.headers, reply.body, empty_is_said=self._empty_is_said
            )
        )
        found = self._waited_for(found)
        self._learn(found, round_sent, time.monotonic() - began)
        self._let_in()
        return found

    def _waited_for(self, found: Completion | Failure) -> Completion | Failure:
        """A failure as one of a server that is away for a while, if it is so.

        No attempt of a call is counted for it, but where it may have been paid for.
        """
        broken = {Trouble.CONNECT, Trouble.RESET}
        if isinstance(found, Completion) or found.trouble not in {*broken, Trouble.TIMEOUT}:
            self._outage.answered()
            return found
        now = time.monotonic()
        if found.trouble in broken and self._breaker.succeeded and self._outage.waits(now):
            self._closed_until = max(self._closed_until, now + self.patience.wait(3, 1.0))
            return replace(found, trouble=Trouble.AWAY)
        return found

    def _learn(self, found: Completion | Failure, round_sent: int, seconds: float) -> None:
        now = time.monotonic()
        if isinstance(found, Completion):
            self._breaker.count(failed=False)
            self._ever = True
            self._limit.answered(round_sent, seconds)
            self._last_success = now
            return
        self.troubles[found.trouble] += 1
        if found.trouble is Trouble.AWAY:
            return
        if found.trouble is Trouble.BUSY:
            self._limit.refused(round_sent)
            wait = found.retry_after
            pause = self.patience.first_wait if wait is None else wait
            self._closed_until = max(self._closed_until, now + pause)
            if now - self._last_success > self.patience.stall:
                self._halt(f"nothing but refusals for {self.patience.stall:g} s: {found.words}")
            return
        if found.trouble is Trouble.FATAL:
            self._halt(found.words)
            return
        if found.trouble is Trouble.REFUSED:
            if not self._breaker.succeeded:  # the first calls tell whether the request is wrong
                self._halt(f"{found.words}: the request is wrong for this server")
            return
        if found.trouble in {Trouble.SERVER, Trouble.TIMEOUT}:
            self._limit.failed(round_sent)
        self._breaker.count(failed=True)
        if self._breaker.tripped:
            self._halt(
                f"{self._breaker.errors} of the last {self._breaker.attempts} attempts failed,"
                f" the last one so: {found.words}"
            )

    def _settle(self, found: Failure, till: Till) -> None:
        if found.billed is Billed.YES and found.usage is not None:
            till.paid(found.usage)
        elif found.billed is Billed.NO:
            till.free()
        else:
            till.lost()

    def _gave_up(self, found: Failure) -> Completion:
        self._given_up += 1
        if not self._breaker.succeeded and (not self._ever or self._given_up >= 3):
            self._halt(f"no call succeeded, the last one failed so: {found.words}")
        self._raise_if_stopped()
        return Completion("", Finish.FAILED, None, "", self.endpoint.public(found.words))

    def _halt(self, words: str) -> None:
        if self._stop is None:
            self._stop = EndpointError(
                f"{self.endpoint.model} at {self.endpoint.base_url} was given up:"
                f" {self.endpoint.public(words)}; all answers so far are kept: mend it, then run"
                " the same command again"
            )
            self._stopped.set()
            for waiting in self._queue:
                if not waiting.done():
                    waiting.set_result(False)
            self._queue.clear()

    def _raise_if_stopped(self) -> None:
        if self._stop is not None:
            raise self._stop

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), seconds)
        except TimeoutError:
            return
        self._raise_if_stopped()

    async def _enter(self) -> None:
        """Wait for a place, and for the end of a pause that the server asked for."""
        while True:
            self._raise_if_stopped()
            pause = self._closed_until - time.monotonic()
            if pause > 0:
                await self._pause(pause * (1 + 0.1 * self._jitter.random()))
            elif self._in_flight < self._limit.places:
                self._in_flight += 1
                return
            elif await self._handed():
                return

    async def _handed(self) -> bool:
        """Wait in the queue: true where a place was handed over that may be used at once."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(waiting)
        usable = False
        try:
            usable = await waiting and self._stop is None and self._closed_until <= time.monotonic()
        finally:  # a place that is not taken goes to the next, also where we are cancelled
            if not usable and waiting.done() and not waiting.cancelled() and waiting.result():
                self._in_flight -= 1
                self._let_in()
        return usable

    def _let_in(self) -> None:
        """Hand the free places to those who have waited longest: who is woken has one already."""
        while self._queue and self._in_flight < self._limit.places:
            waiting = self._queue.popleft()
            if not waiting.done():
                self._in_flight += 1
                waiting.set_result(True)
