"""Chats completed through the Batch API: all calls that wait at the same time are one batch.

A batch is reserved as a whole. Killed at any moment a run goes on with the batch it had begun: the
books keep its token and its keys before it is submitted.
"""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from sodakd.errors import BudgetReached, EndpointError
from sodakd.inference.batch_api import MOST_REQUESTS, Batch, BatchApi, BatchItem
from sodakd.inference.completions import (
    Completion,
    ErrorKind,
    Failure,
    Finish,
    Request,
    UsageBound,
    settle,
)
from sodakd.teacher import batch_db, ledger_db
from sodakd.teacher.call_meter import CallMeter
from sodakd.teacher.group_commit import GroupCommit

MAX_ROUNDS = 3
"""How often a request that failed in its batch is put into another one."""

_NOT_BEGUN = Failure(ErrorKind.SERVER, "not begun: the batch says nothing of it")


@dataclass(eq=False, slots=True)
class _Line:
    """A request that waits for its batch, or for what comes of it."""

    request: Request
    meter: CallMeter
    outcome: "asyncio.Future[Completion | Failure]"


class BatchClient:
    """The batches of one endpoint, one at a time, to be used inside `async with`."""

    def __init__(self, batches: BatchApi) -> None:
        self._batches = batches
        self._largest = MOST_REQUESTS
        self._bound = UsageBound()
        self._ever = False

    async def __aenter__(self) -> Self:
        self._waiting: list[_Line] = []
        self._task: asyncio.Task[None] | None = None
        await self._batches.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._batches.__aexit__(*error)

    async def complete(self, request: Request, meter: CallMeter) -> Completion:
        """An answer, or after the last round a `failed` one.

        Raises:
            BudgetReached: it does not fit, and no batch can give anything back.
            EndpointError: the server refuses a batch as a whole, or nothing was ever answered.
        """
        words = ""
        for _ in range(MAX_ROUNDS):
            meter.settle_paid()  # in the books before the batch in which it was asked is closed
            found = await self._enter(request, meter)
            if found.usage is not None:
                self._bound.learn(request, found.usage)
            settle(found, meter)
            if isinstance(found, Completion):
                return found
            words = self._batches.endpoint.public(found.words)
        if not self._ever:
            raise EndpointError(
                f"{self._batches.endpoint.model}: no request of a batch was answered, {MAX_ROUNDS}"
                f" times; the last one failed so: {words}; mend it, then run the same command again"
            )
        return Completion("", Finish.FAILED, None, words)

    def _enter(self, request: Request, meter: CallMeter) -> "asyncio.Future[Completion | Failure]":
        loop = asyncio.get_running_loop()
        line = _Line(request, meter, loop.create_future())
        self._waiting.append(line)
        if self._task is None:
            self._task = loop.create_task(self._work())
        return line.outcome

    async def _work(self) -> None:
        """One batch after another, while anybody waits."""
        try:
            while self._waiting:
                # Behind them at the books: whoever was answered may ask for something else.
                rows = await self._commits.commit(batch_db.open_batches)
                for token, batch, keys in rows:
                    await self._take_in(token, batch, set(json.loads(keys)))
                if self._waiting:
                    await self._submit(self._waiting[: self._largest])
        except Exception as error:  # handed to all who wait, whatever it is
            for line in self._waiting:
                if not line.outcome.done():
                    line.outcome.set_exception(error)
        finally:
            self._task = None

    @property
    def _commits(self) -> GroupCommit:
        return self._waiting[0].meter.billing.commits

    async def _take_in(self, token: str, batch: str, keys: Collection[str]) -> None:
        """Go on with a batch that a killed process had begun, where its answers are asked for."""
        own = [line for line in self._waiting if line.meter.call.key in keys]
        if not own:
            return
        found = batch or await self._batches.find(token)
        if found is None:  # killed before it was submitted
            await self._commits.commit(partial(batch_db.discard_batch, token=token))
        else:
            await self._collect(token, found, own)

    async def _submit(self, lines: Sequence[_Line]) -> None:
        """Put as many into a batch as the budget allows, and wait for what comes of them."""
        lines[0].meter.raise_if_ended()
        token = uuid.uuid4().hex
        count = await self._commits.commit(
            partial(_begin, token=token, lines=lines, bound=self._bound)
        )
        items = [BatchItem(line.meter.call.key, line.request) for line in lines[:count]]
        batch = await self._batches.submit(token, items)
        await self._commits.commit(partial(batch_db.set_batch_id, token=token, batch=batch))
        await self._collect(token, batch, lines[:count])

    async def _collect(self, token: str, batch: str, lines: Sequence[_Line]) -> None:
        """Hand each line what came of it. Those of a batch that was refused go on waiting."""
        commits, ended = self._commits, await self._batches.wait(batch)
        if ended.refused:
            await commits.commit(partial(batch_db.discard_batch, token=token))
            self._halve(ended, len(lines))
            return
        results = await self._batches.results(ended)
        self._ever |= any(isinstance(found, Completion) for found in results.values())
        for line in lines:
            found = results.pop(line.meter.call.key, _NOT_BEGUN)
            line.meter.open(found.usage or self._bound.at_most(line.request))
            line.outcome.set_result(found)
        self._waiting = [line for line in self._waiting if not line.outcome.done()]
        await asyncio.sleep(0)  # each call has what it took written, and only then the batch ends
        commits.post(partial(batch_db.close_batch, token=token))

    def _halve(self, ended: Batch, size: int) -> None:
        """Have fewer requests go at once where that helps; else say what the server says.

        Raises:
            EndpointError: nothing helps but a person.
        """
        if ended.over_token_limit and size > 1:
            self._largest = (size + 1) // 2
            return
        at = self._batches.endpoint
        raise EndpointError(
            f"{at.model}: {at.public(ended.message)}; nothing of it was begun or paid: mend it,"
            " then run the same command again"
        )


def _begin(
    database: sqlite3.Connection, token: str, lines: Sequence[_Line], bound: UsageBound
) -> int:
    """Set the most aside for as many lines as the budget allows, and remember their batch.

    Raises:
        BudgetReached: not even one fits.
    """
    keys: list[str] = []
    for line in lines:
        call, billing, most = line.meter.call, line.meter.billing, bound.at_most(line.request)
        try:
            ledger_db.reserve(database, call, most, billing.prices, billing.budget)
        except BudgetReached:
            if not keys:
                raise
            break
        keys.append(call.key)
    batch_db.insert_batch(database, token, lines[0].meter.call.step, json.dumps(keys))
    return len(keys)
