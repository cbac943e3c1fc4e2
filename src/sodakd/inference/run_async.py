"""Run a coroutine to its end from code that is not asynchronous, even inside a running loop."""

import asyncio
import gc
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

_SIGNALS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
_CLEANUP_SECONDS = 20.0
"""For what is cancelled to settle its books and close its connections, on a busy machine too."""
_LOOK_SECONDS = 0.5
_ENDED = 0  # no signal has this number


def run_sync(
    work: Coroutine[object, object, Result], stop: Callable[[], str] | None = None
) -> Result:
    """The coroutine's result, from an event loop of its own in a thread of its own.

    A signal that would end this process (Ctrl-C, SIGTERM) is answered here first, and by its own
    handler once the coroutine has ended. The first one calls `stop`, in the loop, where there is
    one: it has the coroutine come to its end soon and says in words what is waited for. The next
    one cancels the coroutine. If that does not end in time, or at a third one, the process ends as
    without a handler.
    """
    results: list[Result] = []
    errors: list[BaseException] = []
    inbox: SimpleQueue[int] = SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)

    async def whole() -> Result:
        return await task

    def live() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                results.append(runner.run(whole()))
        except BaseException as error:  # handed to the caller, whatever it is
            errors.append(error)
        finally:
            inbox.put(_ENDED)

    steps: list[Callable[[], object]] = [task.cancel]
    if stop is not None:
        steps.insert(0, lambda: print(stop(), file=sys.stderr, flush=True))
    # Nobody joins the thread to learn of its end: in Python 3.11 a join that was interrupted says
    # from then on that the thread has ended.
    with gc_paused, _signals_into(inbox) as handlers:
        threading.Thread(target=live, name="calls").start()
        signals = list(_answered(inbox, loop, steps))
    while not inbox.empty():  # of the last moment
        signals.append(inbox.get())
    if signals:
        handlers[signals[0]](signals[0], None)
    if errors:
        raise errors[0]
    return results[0]


def _answered(
    inbox: "SimpleQueue[int]",
    loop: asyncio.AbstractEventLoop,
    steps: Sequence[Callable[[], object]],
) -> Iterator[int]:
    """The signals until the end of the work; each has the loop take the next step."""
    count, number, until = 0, _ENDED, math.inf
    while True:
        try:
            # A signal that another thread received does not wake this one, which has the handlers.
            number = inbox.get(timeout=_LOOK_SECONDS)
        except Empty:
            if time.monotonic() > until:
                _end_at_once(number)
            continue
        if number == _ENDED:
            return
        yield number
        if count == len(steps):
            _end_at_once(number)
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(steps[count])
        count += 1
        if count == len(steps):
            until = time.monotonic() + _CLEANUP_SECONDS


_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def _signals_into(inbox: "SimpleQueue[int]") -> Iterator[Mapping[int, _Handler]]:
    """Signals that have a handler go into the inbox instead. In the main thread alone."""
    own: Mapping[int, _Handler] = {}
    if threading.current_thread() is threading.main_thread():
        found = {number: signal.getsignal(number) for number in _SIGNALS}
        own = {number: handler for number, handler in found.items() if callable(handler)}
    try:
        for number in own:
            signal.signal(number, lambda number, _: inbox.put(number))
        yield own
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)


def _end_at_once(number: int) -> None:
    """End this process by a signal that it no longer handles."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


class _GcPause:
    """How seldom the garbage collector looks while somebody wants that; a context, for many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = gc.get_threshold()

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._before = gc.get_threshold()
                gc.freeze()
                gc.set_threshold(100_000, 50, 1000)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                gc.set_threshold(*self._before)
                gc.unfreeze()


gc_paused = _GcPause()
"""Has the garbage collector leave alone what is there, and look seldom at what comes.

A full collection looks at every ask and reply: with tens of thousands of them it takes a third of a
second in which no call is sent, which at 256 in flight is a tenth of all that is answered.
"""
