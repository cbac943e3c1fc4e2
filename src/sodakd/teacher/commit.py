"""Group commit: many small operations on a database, one transaction and one fsync for many.

While a group is being written, in a thread of its own, the next one gathers.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from sodakd.errors import BudgetReached, RunError
from sodakd.teacher.file import transaction

GATHER = 0.004
"""Seconds in which a group gathers: less than an fsync, far less than a call."""

Operation = Callable[[sqlite3.Connection], object]
"""Runs inside a transaction. It may raise `BudgetReached`, before it has written anything."""


class GroupCommit:
    """Operations in the order they came; each one's future is set once it is on the disk."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path
        self._waiting: list[tuple[Operation, asyncio.Future[object]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1, "ledger")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._task is not None:
            await asyncio.shield(self._task)
        self._thread.shutdown()

    def post(self, operation: Operation) -> "asyncio.Future[object]":
        """Have an operation written. Its future holds its result, or its `BudgetReached`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()
        # Nobody has to wait for it: an error that nobody fetched is told to those who do.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.append((operation, future))
        if self._task is None:
            self._task = loop.create_task(self._write())
        return future

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await asyncio.sleep(GATHER)
                group, self._waiting = self._waiting, []
                operations = [operation for operation, _ in group]
                try:
                    results = await loop.run_in_executor(self._thread, self._apply, operations)
                except RunError as error:
                    results = [error] * len(group)
                for (_, future), result in zip(group, results, strict=True):
                    if future.done():
                        continue
                    if isinstance(result, BudgetReached | RunError):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            self._task = None

    def _apply(self, operations: list[Operation]) -> list[object]:
        results: list[object] = []
        with transaction(self._database, self._path):
            for operation in operations:
                try:
                    results.append(operation(self._database))
                except BudgetReached as error:
                    results.append(error)
        return results
