"""The workers of a judge: of each use as many as are asked for at a time, the rest dropped."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import psutil

from sodakd.judge.worker_process import Worker
from sodakd.types import Language

_LOOKED_AFTER = 1.0
"""Seconds between looks at the memory: one takes a tenth of what a small program does."""

WorkerKey = Language | frozenset[str]
"""What a worker is for: a language, or static tools, which need these places."""

_IDLE = 4
"""Idle workers that are kept for each core, and at least as many as there are languages."""
_SCARCE = 1 / 8
"""Share of the machine's memory: with less of it free, no worker is kept idle."""


class WorkerPool:
    """Workers by their use. Compilers and runtimes are kept running: an idle one costs memory.

    Of the idle ones those that were used least lately are closed, where they are more than `cores`
    call for, or memory is short.
    """

    def __init__(self, make: Callable[[WorkerKey], Worker], cores: int) -> None:
        self._make = make
        self._most = max(len(Language), _IDLE * cores)
        self._idle: list[tuple[WorkerKey, Worker]] = []
        self._lock = Lock()
        self._closed = False
        self._looked, self._short = float("-inf"), False

    @contextmanager
    def lease(self, use: WorkerKey) -> Iterator[Worker]:
        """A worker for this use, while the context lasts: the one used last, or a new one."""
        with self._lock:
            fit = [at for at, (known, _) in enumerate(self._idle) if known == use]
            held = self._idle.pop(fit[-1])[1] if fit else None
        worker = held or self._make(use)
        try:
            yield worker
        finally:
            self._keep(use, worker)

    def close(self) -> None:
        """End all processes; what is lent is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, worker in idle:
            worker.close()

    @property
    def idle(self) -> list[WorkerKey]:
        """The uses of the workers that wait, the one used least lately first."""
        with self._lock:
            return [use for use, _ in self._idle]

    def _keep(self, use: WorkerKey, worker: Worker) -> None:
        now = time.monotonic()
        if now - self._looked >= _LOOKED_AFTER:
            self._looked, self._short = now, _memory_is_short()
        most = 1 if self._short else self._most
        with self._lock:
            self._idle.append((use, worker))
            kept = 0 if self._closed else most
            dropped = self._idle[: max(0, len(self._idle) - kept)]
            self._idle = self._idle[len(dropped) :]
        for _, one in dropped:
            one.close()


def _memory_is_short() -> bool:
    memory = psutil.virtual_memory()
    return bool(memory.available < _SCARCE * memory.total)
