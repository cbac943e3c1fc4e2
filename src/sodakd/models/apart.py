"""Run a coroutine to its end from code that is not asynchronous, even inside a running loop."""

import asyncio
import gc
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


def run_apart(work: Coroutine[object, object, Result]) -> Result:
    """The coroutine's result, from an event loop of its own in a thread of its own.

    Ctrl-C cancels the coroutine, waits for its clean-up, and is raised on.
    """
    results: list[Result] = []
    errors: list[BaseException] = []
    begun = threading.Event()
    loop = asyncio.new_event_loop()
    tasks: list[asyncio.Task[Result]] = []

    async def main() -> Result:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        begun.set()
        return await work

    def live() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                results.append(runner.run(main()))
        except BaseException as error:  # handed to the caller, whatever it is
            errors.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=live, name="calls")
    with few_collections:
        thread.start()
        try:
            thread.join()
        except BaseException:
            begun.wait()
            with suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(tasks[0].cancel)
            thread.join()
            raise
    if errors:
        raise errors[0]
    return results[0]


class _Collector:
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


few_collections = _Collector()
"""Has the garbage collector leave alone what is there, and look seldom at what comes.

A full collection looks at every ask and reply: with tens of thousands of them it takes a third of a
second in which no call is sent, which at 256 in flight is a tenth of all that is answered.
"""
