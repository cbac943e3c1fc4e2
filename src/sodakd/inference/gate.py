"""Who may send a call, and when: places, pauses that a server asks for, and the end of it all."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

from sodakd.errors import EndpointError
from sodakd.inference.limiter import AimdLimit

_NEWEST = 32
"""Calls over which is averaged how many places come free while one is made ready."""
_UNEVENLY = 1.5
"""So many times as many calls are made ready ahead: places come free unevenly."""


class _Places:
    """Places that are handed to those who have waited longest: who is woken has one already."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a place. Raises the error of `stop`."""
        if self._taken < self._most():
            self._taken += 1
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled() and waiting.exception() is None:
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next one have a place."""
        self._taken -= 1
        self.let_in()

    def let_in(self) -> None:
        """Hand out the free places."""
        while self._queue and self._taken < self._most():
            waiting = self._queue.popleft()
            if not waiting.done():
                self._taken += 1
                waiting.set_result(None)

    def stop(self, error: EndpointError) -> None:
        """Have nobody wait any more."""
        for waiting in self._queue:
            if not waiting.done():
                waiting.set_exception(error)
        self._queue.clear()


class Gate:
    """The places of one event loop's calls, as many as the limit has.

    A call is made ready before it takes its place at the server: what it may cost is written to the
    disk. By how many places come free in that time, so many calls are made ready ahead of theirs:
    hardly any where a call takes seconds.
    """

    def __init__(self, limit: AimdLimit) -> None:
        self._left = 0
        self._ahead = 0.0
        self._ready = _Places(lambda: limit.places + int(_UNEVENLY * self._ahead))
        self._sent = _Places(lambda: limit.places)
        self._error: EndpointError | None = None
        self._stopped = asyncio.Event()
        self._closed_until = 0.0
        self._jitter = random.Random()

    async def enter(self) -> int:
        """Wait until a call may be made ready, and for the end of a pause the server asked for.

        Returns how many calls have left by then, for `take_place`.

        Raises:
            EndpointError: nothing more is sent.
        """
        while True:
            self.raise_if_stopped()
            pause = self._closed_until - time.monotonic()
            if pause > 0:
                await self.pause(pause * (1 + 0.1 * self._jitter.random()))
                continue
            await self._ready.take()
            if self._is_open():
                return self._left
            self._ready.give_back()

    async def take_place(self, left: int, is_due: Callable[[], bool]) -> bool:
        """Wait for a place, for a call that is ready; `left` is what `enter` returned to it.

        False, without a place, where by then it is no longer due or nobody may send.
        """
        self._ahead += (self._left - left - self._ahead) / _NEWEST
        await self._sent.take()
        if self._is_open() and is_due():
            return True
        self._sent.give_back()
        return False

    def give_up(self) -> None:
        """Leave without having had a place."""
        self._ready.give_back()

    def leave(self) -> None:
        """Give the place back."""
        self._left += 1
        self._sent.give_back()
        self._ready.give_back()

    def let_in(self) -> None:
        """Hand out what places the limit has by now."""
        self._sent.let_in()
        self._ready.let_in()

    def close(self, seconds: float) -> None:
        """Let nobody in for so long."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def stop(self, error: EndpointError) -> None:
        """Let nobody in any more, for this reason if there is none yet."""
        if self._error is not None:
            return
        self._error = error
        self._stopped.set()
        self._sent.stop(error)
        self._ready.stop(error)

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

    def _is_open(self) -> bool:
        return self._error is None and self._closed_until <= time.monotonic()
