"""Group commit: many small operations on a database, one transaction and one fsync for many.

While a group is being written, in a thread of its own, the next one gathers.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from sodakd.errors import BudgetReached
from sodakd.teacher.ledger_schema import lock_ledger, open_ledger_file, transaction

GROUP_WINDOW_SECONDS = 0.004
"""Seconds in which a group gathers: less than an fsync, far less than a call."""

Result = TypeVar("Result")
Operation = Callable[[sqlite3.Connection], object]
"""Runs inside a transaction. It may raise `BudgetReached`, before it has written anything."""


class Writer:
    """The one thread that opens a ledger's file, works on it and closes it.

    Nothing that interrupts another thread can take the file from under it. Raises `RunError` where
    the file cannot be used or another writer has it.
    """

    def __init__(self, path: Path, synchronous: str) -> None:
        self._path = path
        self._lock = lock_ledger(path)
        self._thread = ThreadPoolExecutor(1, "ledger")
        try:
            opened = self._thread.submit(open_ledger_file, path, synchronous)
            self._database = opened.result()
        except BaseException:
            os.close(self._lock)
            raise

    def do(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """What an operation gives, in a transaction of its own."""
        return self._thread.submit(self._alone, operation).result()

    def begin(self, operations: Sequence[Operation]) -> "Future[list[object]]":
        """Have operations written in one transaction: the result, or `BudgetReached`, of each."""
        return self._thread.submit(self._together, operations)

    def close(self) -> None:
        """Close the file once all that was begun is written. Nothing can be begun after it."""
        if self._lock >= 0:
            closed = self._thread.submit(self._end)
            self._thread.shutdown(wait=False)
            closed.result()

    def _end(self) -> None:
        self._database.close()
        os.close(self._lock)
        self._lock = -1

    def _alone(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        with transaction(self._database, self._path):
            return operation(self._database)

    def _together(self, operations: Sequence[Operation]) -> list[object]:
        results: list[object] = []
        with transaction(self._database, self._path):
            for operation in operations:
                try:
                    results.append(operation(self._database))
                except BudgetReached as error:
                    results.append(error)
        return results


class GroupCommit:
    """Operations in the order they came, on the disk once the context ends.

    Whatever ends the writing of a group is the error of each operation in it, and the `error` of
    the whole: of those that nobody waits for, too.
    """

    def __init__(self, writer: Writer) -> None:
        self.error: Exception | None = None
        self._writer = writer
        self._waiting: list[tuple[Operation, asyncio.Future[Any] | None]] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        while self._task is not None:
            await asyncio.shield(self._task)

    def post(self, operation: Operation, future: "asyncio.Future[Any] | None" = None) -> None:
        """Have an operation written, for which nobody waits but the future, if there is one."""
        self._waiting.append((operation, future))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write())

    def commit(self, operation: Callable[[sqlite3.Connection], Result]) -> "asyncio.Future[Result]":
        """Have an operation written. Its future, to be awaited, holds its result or its error."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.post(operation, future)
        return future

    async def _write(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(GROUP_WINDOW_SECONDS)
                group, self._waiting = self._waiting, []
                try:
                    written = self._writer.begin([operation for operation, _ in group])
                    results: list[object] = await asyncio.wrap_future(written)
                except Exception as error:  # handed to all who wait, whatever it is
                    self.error = self.error or error
                    results = [error] * len(group)
                for (_, future), result in zip(group, results, strict=True):
                    if future is None or future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            self._task = None
