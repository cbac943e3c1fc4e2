"""`LLMTeacher`: a chat model that answers asks, which are rendered as prompts."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from sodakd.inference.completions import Completion, Finish, Message, Request
from sodakd.teacher.call_meter import CallMeter
from sodakd.teacher.render_prompt import prompt_hash, render
from sodakd.teacher.requests import FOR_LISTS, TeacherRequest
from sodakd.types import canonical_json


class Session(Protocol):
    """A chat model, opened for one event loop."""

    async def complete(self, request: Request, meter: CallMeter) -> Completion:
        """An answer; every attempt goes through the meter."""
        ...


ModelOpener = Callable[[], AbstractAsyncContextManager[Session]]
"""Opens a model that completes chats, behind a server or in this process, for one event loop."""


@dataclass(frozen=True)
class Sampling:
    """Sampling parameters of a teacher's requests. `extra` are further fields of their body."""

    temperature: float | None
    max_tokens: int
    seed: int | None = None
    system_prompt: str | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def __str__(self) -> str:
        """The parameters that are set, as a part of the ledger's cache key."""
        temperature = "default" if self.temperature is None else f"{self.temperature:g}"
        words = f"temperature={temperature} max_tokens={self.max_tokens} seed={self.seed}"
        if self.system_prompt is not None:
            words += f" system={hashlib.sha256(self.system_prompt.encode()).hexdigest()}"
        return words + f" extra={canonical_json(dict(self.extra))}" * bool(self.extra)


class LLMTeacher:
    """A `Teacher`. An answer that is cut off is asked for once more at twice the length.

    One that is a list is not: what is whole of it is used.

    `prompts` is a folder of prompt files that take the place of the shipped ones.
    """

    is_costly = True
    _session: Session

    def __init__(
        self,
        model: str,
        open_model: ModelOpener,
        sampling: Sampling,
        max_in_flight: int,
        prompts: Path | None = None,
    ) -> None:
        self.name = model
        self.max_in_flight = max_in_flight
        self._open_model = open_model
        self._sampling = sampling
        self._prompts = prompts
        self._versions: dict[str, str] = {}

    def version(self, ask: TeacherRequest) -> str:
        """Return model, sampling and prompt hash. Not the address: a server may move."""
        if ask.kind not in self._versions:
            prompt = prompt_hash(ask.kind, self._prompts)
            self._versions[ask.kind] = f"chat {self.name} {self._sampling} prompt={prompt}"
        return self._versions[ask.kind]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """The model, open."""
        async with self._open_model() as self._session:
            yield

    def request(self, ask: TeacherRequest) -> Request:
        """Return the chat request of an ask; where a seed is set, each attempt has another one.

        Variants of an `Invent` differ in their prompts.
        """
        sampling = self._sampling
        user = Message(role="user", content=render(ask, self._prompts))
        instruction = sampling.system_prompt
        system = () if instruction is None else (Message(role="system", content=instruction),)
        return Request(
            messages=(*system, user),
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            seed=None if sampling.seed is None else sampling.seed + ask.attempt,
        )

    async def answer(self, ask: TeacherRequest, meter: CallMeter) -> Completion:
        """Answer one ask."""
        request = self.request(ask)
        found = await self._session.complete(request, meter)
        cut_off = found.finish is Finish.LENGTH and ask.kind not in FOR_LISTS
        if cut_off and not found.error:
            longer = request.model_copy(update={"max_tokens": 2 * request.max_tokens})
            found = await self._session.complete(longer, meter)
        return found
