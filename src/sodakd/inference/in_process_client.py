"""A model in this process behind the same door as one behind a server: calls become batches."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from threading import Event
from typing import Self

from sodakd.inference.completions import Completion, Finish, Request, UsageMeter, max_usage
from sodakd.inference.noise_seeds import noise_seeds
from sodakd.inference.protocols import (
    Generation,
    OnGeneration,
    Prompt,
    PromptServer,
    PromptSource,
)
from sodakd.types import Usage

_LETTERS_A_TOKEN = 4


class LocalModel:
    """Completes chats with a model. Calls are answered as places are free, many at a time.

    They are `places` at most. Its tokens are free, and counted as one for each four letters.
    """

    def __init__(self, open_model: Callable[[], PromptServer], places: int) -> None:
        self._open_model = open_model
        self._most = places
        self._model: PromptServer | None = None

    async def __aenter__(self) -> Self:
        self._places = asyncio.Semaphore(self._most)
        self._waiting: deque[tuple[Prompt, asyncio.Future[Generation]]] = deque()
        self._task: asyncio.Task[None] | None = None
        return self

    async def __aexit__(self, *error: object) -> None:
        while self._task is not None:
            await asyncio.shield(self._task)

    async def complete(self, request: Request, meter: UsageMeter) -> Completion:
        """An answer. Raises `ModelError` where the model cannot be used."""
        async with self._places:
            await meter.reserve(max_usage(request))
            said = await self.answer(_prompt(request))
        usage = Usage(
            prompt_tokens=sum(len(m.content) for m in request.messages) // _LETTERS_A_TOKEN + 1,
            completion_tokens=len(said.text) // _LETTERS_A_TOKEN + 1,
        )
        meter.paid(usage)
        return Completion(said.text, Finish.STOP if said.ended else Finish.LENGTH, usage)

    async def answer(self, prompt: Prompt) -> Generation:
        """The answer to a prompt, whatever its number. Raises as `complete` does."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        self._waiting.append((prompt, future))
        if self._task is None:
            self._task = loop.create_task(self._answer(loop))
        return await future

    async def _answer(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the model answer, in a thread, whoever waits, and those who come meanwhile."""
        asked: dict[int, asyncio.Future[Generation]] = {}
        numbers, ended = count(), Event()

        def take(most: int) -> list[Prompt]:
            if ended.is_set():
                raise asyncio.CancelledError
            taken: list[Prompt] = []
            while self._waiting and len(taken) < most:
                prompt, future = self._waiting.popleft()
                number = next(numbers)
                asked[number] = future
                taken.append(replace(prompt, number=number))
            return taken

        def deliver(number: int, said: Generation) -> None:
            loop.call_soon_threadsafe(_hand, asked.pop(number), said)

        try:
            while self._waiting:
                await asyncio.sleep(0.05)  # whoever is at the ledger now is there at the beginning
                await asyncio.to_thread(self._serve, take, deliver)
        except BaseException as error:
            for future in (*asked.values(), *(row[1] for row in self._waiting)):
                if not future.done():
                    future.set_exception(error)
        finally:
            ended.set()
            self._task = None

    def _serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        if self._model is None:
            self._model = self._open_model()
        self._model.serve(source, on_generation)


def _prompt(request: Request) -> Prompt:
    text = request.messages[-1].content
    (seed,) = noise_seeds([text], request.seed or 0)
    return Prompt(0, text, request.max_tokens, request.temperature or 0.0, seed)


def _hand(future: asyncio.Future[Generation], said: Generation) -> None:
    if not future.done():
        future.set_result(said)
