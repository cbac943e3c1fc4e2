"""Who may send a call, and when: places, pauses that a server asks for, and the end of it all."""

import asyncio
import random
import time
from collections import deque

from sodakd.errors import EndpointError
from sodakd.inference.limiter import AimdLimit


class Gate:
    """The places of one event loop's calls, as many as the limit has."""

    def __init__(self, limit: AimdLimit) -> None:
        self._limit = limit
        self._in_flight = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._error: EndpointError | None = None
        self._stopped = asyncio.Event()
        self._closed_until = 0.0
        self._jitter = random.Random()

    async def enter(self) -> None:
        """Wait for a place, and for the end of a pause that the server asked for.

        Raises:
            EndpointError: nothing more is sent.
        """
        while True:
            self.raise_if_stopped()
            pause = self._closed_until - time.monotonic()
            if pause > 0:
                await self.pause(pause * (1 + 0.1 * self._jitter.random()))
            elif self._in_flight < self._limit.places:
                self._in_flight += 1
                return
            elif await self._handed():
                return

    def leave(self) -> None:
        """Give the place back."""
        self._in_flight -= 1
        self.let_in()

    def let_in(self) -> None:
        """Hand the free places to those who have waited longest: who is woken has one already."""
        while self._queue and self._in_flight < self._limit.places:
            waiting = self._queue.popleft()
            if not waiting.done():
                self._in_flight += 1
                waiting.set_result(True)

    def close(self, seconds: float) -> None:
        """Let nobody in for so long."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def stop(self, error: EndpointError) -> None:
        """Let nobody in any more, for this reason if there is none yet."""
        if self._error is not None:
            return
        self._error = error
        self._stopped.set()
        for waiting in self._queue:
            if not waiting.done():
                waiting.set_result(False)
        self._queue.clear()

    def raise_if_stopped(self) -> None:
        """Raise the error for which nobody is let in any more, if there is one."""
        if self._error is not None:
            raise self._error

    async def pause(self, seconds: float) -> None:
        """Sleep so long. Raises as soon as nobody is let in any more."""
        try:
            await asyncio.wait_for(self._stopped.wait(), seconds)
        except TimeoutError:
            return
        self.raise_if_stopped()

    async def _handed(self) -> bool:
        """Wait in the queue: true where a place was handed over that may be used at once."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(waiting)
        usable = False
        try:
            usable = await waiting and not self._error and self._closed_until <= time.monotonic()
        finally:  # a place that is not taken goes to the next, also where we are cancelled
            if not usable and waiting.done() and not waiting.cancelled() and waiting.result():
                self.leave()
        return usable
