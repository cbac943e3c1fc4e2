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
from sodakd.models.batches import MOST_REQUESTS, Asked, Batch, Batches
from sodakd.models.completions import (
    Billed,
    Completion,
    Failure,
    Finish,
    Request,
    at_most,
)
from sodakd.teacher import batch_books, books
from sodakd.teacher.asks import Ask, Reply
from sodakd.teacher.books import Call
from sodakd.teacher.chat import ChatTeacher, reply_of
from sodakd.teacher.round import Desk

ROUNDS = 3
"""How often a request that failed in its batch is put into another one."""


class BatchTeacher:
    """A `CallingTeacher` whose asks go out in batches. Its answers have the key of direct ones."""

    def __init__(self, chat: ChatTeacher, batches: Batches) -> None:
        self.name = chat.name
        self.model = chat.model
        self.chat = chat
        self.batches = batches
        self.most = MOST_REQUESTS
        self.answered = False

    def version(self, ask: Ask) -> str:
        """As of a direct call."""
        return self.chat.version(ask)


@dataclass(frozen=True)
class _Wanted:
    call: Call
    request: Request
    longer: bool = False


class _TooMany(Exception):
    """A batch was refused for its size."""


class BatchRound:
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
        waiting = [_Wanted(call, self._teacher.chat.request(call.ask)) for call in calls]
        await self._collect_begun({wanted.call.key: wanted for wanted in waiting})
        waiting = [wanted for wanted in waiting if wanted.call.key not in self._replies]
        for _ in range(ROUNDS):
            again: list[_Wanted] = []
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
                f"{self._teacher.model}: no request of a batch was answered, {ROUNDS} times; the"
                f" last one failed so: {self._words}; mend it, then run the same command again"
            )
        for wanted in waiting:
            await self._close(wanted.call.key, Completion("", Finish.FAILED, None))
        return self._replies

    async def _batch(self, waiting: Sequence[_Wanted]) -> list[_Wanted]:
        """Submit and collect one batch; what is to be asked again."""
        token = uuid.uuid4().hex
        begun = await self._commits.post(lambda database: self._begin(database, token, waiting))
        assert isinstance(begun, _Begun)
        again: list[_Wanted] = []
        if begun.reserved:
            asked = [Asked(wanted.call.key, wanted.request) for wanted in begun.reserved]
            batch = await self._teacher.batches.submit(token, asked)
            await self._commits.post(lambda database: batch_books.name(database, token, batch))
            again = await self._collect(token, batch, begun.reserved)
        if begun.reached is not None:
            raise begun.reached
        return again

    def _begin(
        self, database: sqlite3.Connection, token: str, waiting: Sequence[_Wanted]
    ) -> "_Begun":
        """Set the most aside for as many as the budget allows, and remember their batch."""
        reserved: list[_Wanted] = []
        reached: BudgetReached | None = None
        for wanted in waiting:
            most, desk = at_most(wanted.request), self._desk
            try:
                books.reserve(database, wanted.call, most, desk.prices, desk.budget)
            except BudgetReached as error:
                reached = error
                break
            reserved.append(wanted)
        if reserved:
            keys = json.dumps([wanted.call.key for wanted in reserved])
            batch_books.begin(database, token, reserved[0].call.step, keys)
        return _Begun(reserved, reached)

    async def _collect_begun(self, wanted: dict[str, _Wanted]) -> None:
        """Go on with batches that a killed process had begun."""
        rows = await self._commits.post(batch_books.begun)
        assert isinstance(rows, list)
        for token, batch, keys in rows:
            own = [wanted[key] for key in json.loads(keys) if key in wanted]
            if not own:
                continue
            found = batch or await self._teacher.batches.find(token)
            if found is None:  # killed before it was submitted
                await self._commits.post(partial(batch_books.drop, token=token))
                continue
            with suppress(_TooMany):
                await self._collect(token, found, own)

    async def _collect(self, token: str, batch: str, wanted: Sequence[_Wanted]) -> list[_Wanted]:
        ended = await self._teacher.batches.wait(batch)
        if ended.refused:
            await self._commits.post(partial(batch_books.drop, token=token))
            self._refuse(ended, len(wanted))
        results = await self._teacher.batches.results(ended)
        again: list[_Wanted] = []
        replies: dict[str, Reply] = {}

        def settle(database: sqlite3.Connection) -> str:
            for each in wanted:
                found = results.get(each.call.key)
                reply = self._settle(database, each, found, again)
                if reply is not None:
                    replies[each.call.key] = reply
            batch_books.end(database, token)
            return books.over(books.spent(database), self._desk.budget)

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
        if ended.too_many and size > 1:
            self._teacher.most = (size + 1) // 2
            raise _TooMany
        words = self._teacher.batches.endpoint.public(ended.words)
        raise EndpointError(
            f"{self._teacher.model}: {words}; nothing of it was begun or paid: mend it, then run"
            " the same command again"
        )

    def _settle(
        self,
        database: sqlite3.Connection,
        wanted: _Wanted,
        found: Completion | Failure | None,
        again: list[_Wanted],
    ) -> Reply | None:
        key = wanted.call.key
        most = at_most(wanted.request)
        if isinstance(found, Completion):
            if found.error:
                books.free(database, key)
            else:
                told = found.usage is not None
                books.pay(database, key, found.usage or most, self._desk.prices, told=told)
            if found.finish is Finish.LENGTH and not found.error and not wanted.longer:
                longer = {"max_tokens": 2 * wanted.request.max_tokens}
                again.append(
                    replace(wanted, request=wanted.request.model_copy(update=longer), longer=True)
                )
                return None
            reply = reply_of(found)
            books.close_call(database, key, reply)
            self._teacher.answered = True
            return reply
        if found is not None:
            self._words = self._teacher.batches.endpoint.public(found.words)
        if found is None or found.billed is Billed.NO:
            books.free(database, key)
        elif found.usage is not None:
            books.pay(database, key, found.usage, self._desk.prices)
        else:
            books.lose(database, key)
        again.append(wanted)
        return None

    async def _close(self, key: str, found: Completion) -> None:
        reply = reply_of(found)
        await self._commits.post(lambda database: books.close_call(database, key, reply))
        self._replies[key] = reply


@dataclass(frozen=True)
class _Begun:
    reserved: list[_Wanted]
    reached: BudgetReached | None
