"""A model in this process behind the same door as one behind a server: calls become batches."""

import asyncio
from collections.abc import Callable
from typing import Self

from sodakd.inference.completions import Completion, Finish, Request, UsageMeter, max_usage
from sodakd.inference.protocols import Generation, OnGeneration, TextGenerator
from sodakd.types import Usage

_LETTERS_A_TOKEN = 4


class LocalModel:
    """Completes chats with a `TextGenerator`. All calls that wait at the same time are one batch.

    They are `places` at most. Its tokens are free, and counted as one for each four letters.
    """

    def __init__(self, open_model: Callable[[], TextGenerator], places: int) -> None:
        self._open_model = open_model
        self._most = places
        self._model: TextGenerator | None = None

    async def __aenter__(self) -> Self:
        self._places = asyncio.Semaphore(self._most)
        self._waiting: list[tuple[Request, asyncio.Future[Generation]]] = []
        self._task: asyncio.Task[None] | None = None
        return self

    async def __aexit__(self, *error: object) -> None:
        while self._task is not None:
            await asyncio.shield(self._task)

    async def complete(self, request: Request, till: UsageMeter) -> Completion:
        """An answer. Raises `ModelError` where the model cannot be used."""
        async with self._places:
            await till.reserve(max_usage(request))
            said = await self._said(request)
        usage = Usage(
            prompt_tokens=sum(len(m.content) for m in request.messages) // _LETTERS_A_TOKEN + 1,
            completion_tokens=len(said.text) // _LETTERS_A_TOKEN + 1,
        )
        till.paid(usage)
        return Completion(said.text, Finish.STOP if said.ended else Finish.LENGTH, usage)

    async def _said(self, request: Request) -> Generation:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        self._waiting.append((request, future))
        if self._task is None:
            self._task = loop.create_task(self._answer())
        return await future

    async def _answer(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0.05)  # whoever is at the ledger now joins this batch
                first = self._waiting[0][0]
                same = [row for row in self._waiting if _alike(row[0], first)]
                self._waiting = [row for row in self._waiting if not _alike(row[0], first)]
                futures = [row[1] for row in same]
                requests = [row[0] for row in same]
                try:
                    await asyncio.to_thread(self._generate, requests, _delivery(futures))
                except BaseException as error:
                    for future in futures:
                        if not future.done():
                            future.set_exception(error)
        finally:
            self._task = None

    def _generate(self, requests: list[Request], on_generation: OnGeneration) -> None:
        if self._model is None:
            self._model = self._open_model()
        self._model.generate(
            [request.messages[-1].content for request in requests],
            max_new_tokens=requests[0].max_tokens,
            temperature=requests[0].temperature or 0.0,
            seed=requests[0].seed or 0,
            on_generation=on_generation,
        )


def _delivery(futures: list[asyncio.Future[Generation]]) -> OnGeneration:
    """Hand each answer, from the model's thread, to who waits for it: none waits for a batch."""
    loop = asyncio.get_running_loop()

    def deliver(number: int, said: Generation) -> None:
        if not futures[number].done():
            futures[number].set_result(said)

    def on_generation(number: int, said: Generation) -> None:
        loop.call_soon_threadsafe(deliver, number, said)

    return on_generation


def _alike(one: Request, other: Request) -> bool:
    """Whether two requests can share a batch."""
    fields = ("max_tokens", "temperature", "seed")
    return all(getattr(one, name) == getattr(other, name) for name in fields)
