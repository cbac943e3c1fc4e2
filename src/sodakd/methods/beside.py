"""Run a function in a process of its own, beside this one, and never longer than it."""

import ctypes
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from typing import TypeVar

from sodakd.errors import SodakdError
from sodakd.run import Progress, Watch

Given = TypeVar("Given")
_PR_SET_PDEATHSIG = 1
_Message = Progress | SodakdError | None


class Beside:
    """A process at work beside this one. `wait` gives its error, if it had one."""

    def __init__(
        self,
        process: multiprocessing.process.BaseProcess,
        messages: "Queue[_Message]",
        watch: Watch,
    ) -> None:
        self._process = process
        self._messages = messages
        self._watch = watch
        self._error: SodakdError | None = None
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self) -> None:
        """Wait for the end.

        Raises:
            SodakdError: the other process raised it, or it died.
        """
        self._process.join()
        self._reader.join(timeout=10)
        if self._error is not None:
            raise self._error
        if self._process.exitcode:
            raise SodakdError(
                f"the process of the control ended with status {self._process.exitcode}; run the"
                " same command again: finished steps are kept"
            )

    def stop(self) -> None:
        """End it at once."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _read(self) -> None:
        while True:
            try:
                message = self._messages.get(timeout=0.5)
            except queue.Empty:
                if not self._process.is_alive():
                    return
                continue
            if message is None:
                return
            if isinstance(message, SodakdError):
                self._error = message
            else:
                self._watch(message)


@contextmanager
def beside(
    function: Callable[[Given, Watch], None], given: Given, watch: Watch
) -> Iterator[Beside]:
    """Start `function(given, watch)` in a fresh process; it is ended with the context.

    It dies with this process, even when that is killed.
    """
    spawn = multiprocessing.get_context("spawn")
    messages: Queue[_Message] = spawn.Queue()
    process = spawn.Process(
        target=_main, args=(function, given, messages, os.getpid()), daemon=True
    )
    # Ctrl-C is the first process's to answer: the other one is born deaf to it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.start()
    signal.signal(signal.SIGINT, before)
    other = Beside(process, messages, watch)
    try:
        yield other
    finally:
        other.stop()


def _main(
    function: Callable[[Given, Watch], None],
    given: Given,
    messages: "Queue[_Message]",
    parent: int,
) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    os.nice(5)  # the first process goes first: it has the longer way
    try:
        function(given, messages.put)
    except SodakdError as error:
        messages.put(error)
    messages.put(None)
