"""Asks through the Batch API: reserved as a whole, submitted, waited for, settled one by one.

Killed at any moment it goes on with the batch it had begun: the books keep its token and its keys
before it is submitted.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn

from sodakd.errors import BudgetReached, EndpointError
from sodakd.inference.batch_api import MOST_REQUESTS, Batch, BatchApi, BatchItem
from sodakd.inference.completions import (
    Billing,
    Completion,
    Failure,
    Finish,
    Request,
    max_usage,
)
from sodakd.teacher import batch_db, ledger_db
from sodakd.teacher.dispatcher import Desk
from sodakd.teacher.ledger_db import Call
from sodakd.teacher.llm_teacher import LLMTeacher, to_reply
from sodakd.teacher.requests import Reply, TeacherRequest

MAX_ROUNDS = 3
"""How often a request that failed in its batch is put into another one."""


class BatchTeacher:
    """A `RemoteTeacher` whose asks go out in batches. Its answers have the key of direct ones."""

    def __init__(self, chat: LLMTeacher, batches: BatchApi) -> None:
        self.name = chat.name
        self.model = chat.model
        self.chat = chat
        self.batches = batches
        self.most = MOST_REQUESTS
        self.answered = False

    def version(self, ask: TeacherRequest) -> str:
        """As of a direct call."""
        return self.chat.version(ask)


@dataclass(frozen=True)
class _Pending:
    call: Call
    request: Request
    longer: bool = False


class _TooMany(Exception):
    """A batch was refused for its size."""


class BatchDispatcher:
    """The calls of one `ask`, in as few batches as can be."""

    def __init__(self, desk: Desk, teacher: BatchTeacher, calls: Iterator[Call]) -> None:
        self._desk = desk
        self._commits = desk.commits
        self._teacher = teacher
        self._calls = calls
        self._replies: dict[str, Reply] = {}
        self._words = ""

    async def run(self) -> dict[str, Reply]:
        """All replies, by key.

        Raises:
            BudgetReached: not all of them fitted; those that did are kept.
            EndpointError: the server refuses a batch as a whole, or nothing was ever answered.
        """
        async with self._commits, self._teacher.batches:
            return await self._run([*self._calls])

    async def _run(self, calls: Sequence[Call]) -> dict[str, Reply]:
        waiting = [_Pending(call, self._teacher.chat.request(call.ask)) for call in calls]
        await self._collect_begun({wanted.call.key: wanted for wanted in waiting})
        waiting = [wanted for wanted in waiting if wanted.call.key not in self._replies]
        for _ in range(MAX_ROUNDS):
            again: list[_Pending] = []
            while waiting:
                some = waiting[: self._teacher.most]
                try:
                    again += await self._batch(some)
                except _TooMany:
                    continue  # the same ones, fewer at once
                waiting = waiting[len(some) :]
            waiting = again
            if not waiting:
                return self._replies
        if not self._teacher.answered:
            raise EndpointError(
                f"{self._teacher.model}: no request of a batch was answered, {MAX_ROUNDS} times;"
                f" the last one failed so: {self._words}; mend it, then run the same command again"
            )
        for wanted in waiting:
            await self._close(wanted.call.key, Completion("", Finish.FAILED, None))
        return self._replies

    async def _batch(self, waiting: Sequence[_Pending]) -> list[_Pending]:
        """Submit and collect one batch; what is to be asked again."""
        token = uuid.uuid4().hex
        begun = await self._commits.post(lambda database: self._begin(database, token, waiting))
        assert isinstance(begun, _Reserved)
        again: list[_Pending] = []
        if begun.reserved:
            asked = [BatchItem(wanted.call.key, wanted.request) for wanted in begun.reserved]
            batch = await self._teacher.batches.submit(token, asked)
            await self._commits.post(lambda database: batch_db.set_batch_id(database, token, batch))
            again = await self._collect(token, batch, begun.reserved)
        if begun.reached is not None:
            raise begun.reached
        return again

    def _begin(
        self, database: sqlite3.Connection, token: str, waiting: Sequence[_Pending]
    ) -> "_Reserved":
        """Set the most aside for as many as the budget allows, and remember their batch."""
        reserved: list[_Pending] = []
        reached: BudgetReached | None = None
        for wanted in waiting:
            most, desk = max_usage(wanted.request), self._desk
            try:
                ledger_db.reserve(database, wanted.call, most, desk.prices, desk.budget)
            except BudgetReached as error:
                reached = error
                break
            reserved.append(wanted)
        if reserved:
            keys = json.dumps([wanted.call.key for wanted in reserved])
            batch_db.insert_batch(database, token, reserved[0].call.step, keys)
        return _Reserved(reserved, reached)

    async def _collect_begun(self, wanted: dict[str, _Pending]) -> None:
        """Go on with batches that a killed process had begun."""
        rows = await self._commits.post(batch_db.open_batches)
        assert isinstance(rows, list)
        for token, batch, keys in rows:
            own = [wanted[key] for key in json.loads(keys) if key in wanted]
            if not own:
                continue
            found = batch or await self._teacher.batches.find(token)
            if found is None:  # killed before it was submitted
                await self._commits.post(partial(batch_db.discard_batch, token=token))
                continue
            with suppress(_TooMany):
                await self._collect(token, found, own)

    async def _collect(self, token: str, batch: str, wanted: Sequence[_Pending]) -> list[_Pending]:
        ended = await self._teacher.batches.wait(batch)
        if ended.refused:
            await self._commits.post(partial(batch_db.discard_batch, token=token))
            self._refuse(ended, len(wanted))
        results = await self._teacher.batches.results(ended)
        again: list[_Pending] = []
        replies: dict[str, Reply] = {}

        def settle(database: sqlite3.Connection) -> str:
            for each in wanted:
                found = results.get(each.call.key)
                reply = self._settle(database, each, found, again)
                if reply is not None:
                    replies[each.call.key] = reply
            batch_db.close_batch(database, token)
            return ledger_db.over(ledger_db.spent(database), self._desk.budget)

        passed = await self._commits.post(settle)
        self._replies |= replies
        self._desk.shown(len(self._replies))
        if passed:
            raise BudgetReached(str(passed))
        return again

    def _refuse(self, ended: Batch, size: int) -> NoReturn:
        """Have fewer requests go at once where that helps; else say what the server says.

        Raises:
            _TooMany: half as many may pass.
            EndpointError: nothing helps but a person.
        """
        if ended.over_token_limit and size > 1:
            self._teacher.most = (size + 1) // 2
            raise _TooMany
        words = self._teacher.batches.endpoint.public(ended.message)
        raise EndpointError(
            f"{self._teacher.model}: {words}; nothing of it was begun or paid: mend it, then run"
            " the same command again"
        )

    def _settle(
        self,
        database: sqlite3.Connection,
        wanted: _Pending,
        found: Completion | Failure | None,
        again: list[_Pending],
    ) -> Reply | None:
        key = wanted.call.key
        most = max_usage(wanted.request)
        if isinstance(found, Completion):
            if found.error:
                ledger_db.refund(database, key)
            else:
                told = found.usage is not None
                ledger_db.settle(database, key, found.usage or most, self._desk.prices, told=told)
            if found.finish is Finish.LENGTH and not found.error and not wanted.longer:
                longer = {"max_tokens": 2 * wanted.request.max_tokens}
                again.append(
                    replace(wanted, request=wanted.request.model_copy(update=longer), longer=True)
                )
                return None
            reply = to_reply(found)
            ledger_db.finish_call(database, key, reply)
            self._teacher.answered = True
            return reply
        if found is not None:
            self._words = self._teacher.batches.endpoint.public(found.words)
        if found is None or found.billed is Billing.NO:
            ledger_db.refund(database, key)
        elif found.usage is not None:
            ledger_db.settle(database, key, found.usage, self._desk.prices)
        else:
            ledger_db.mark_lost(database, key)
        again.append(wanted)
        return None

    async def _close(self, key: str, found: Completion) -> None:
        reply = to_reply(found)
        await self._commits.post(lambda database: ledger_db.finish_call(database, key, reply))
        self._replies[key] = reply


@dataclass(frozen=True)
class _Reserved:
    reserved: list[_Pending]
    reached: BudgetReached | None
