"""A language model as a teacher: asks become prompts, completions become replies."""

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
from sodakd.teacher.requests import Reply, TeacherRequest
from sodakd.types import Usage, canonical_json


class Session(Protocol):
    """An opened model."""

    async def complete(self, request: Request, till: CallMeter) -> Completion:
        """An answer; every attempt goes through the till."""
        ...


ModelOpener = Callable[[], AbstractAsyncContextManager[Session]]
"""Opens a model that completes chats, behind a server or in this process, for one event loop."""


@dataclass(frozen=True)
class Sampling:
    """How a teacher answers. `extra` are further fields of its requests."""

    temperature: float | None
    max_tokens: int
    seed: int | None = None
    system_prompt: str | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def __str__(self) -> str:
        """All of it that is set, as a part of the ledger's keys."""
        heat = "default" if self.temperature is None else f"{self.temperature:g}"
        words = f"temperature={heat} max_tokens={self.max_tokens} seed={self.seed}"
        if self.system_prompt is not None:
            words += f" system={hashlib.sha256(self.system_prompt.encode()).hexdigest()}"
        return words + f" extra={canonical_json(dict(self.extra))}" * bool(self.extra)


class LLMTeacher:
    """A `Teacher`. An answer that is cut off is asked for once more at twice the length.

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
        """The model, the sampling and the prompt file. Not the address: a server may move."""
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
        """What the model is sent for an ask. Repeated asks differ in their seed where one is set.

        The prompts of twins (`Invent.variant`) differ by themselves.
        """
        own = self._sampling
        asked = Message(role="user", content=render(ask, self._prompts))
        said = own.system_prompt
        system = () if said is None else (Message(role="system", content=said),)
        return Request(
            messages=(*system, asked),
            max_tokens=own.max_tokens,
            temperature=own.temperature,
            seed=None if own.seed is None else own.seed + ask.attempt,
        )

    async def answer(self, ask: TeacherRequest, till: CallMeter) -> Reply:
        """Answer one ask."""
        request = self.request(ask)
        found = await self._session.complete(request, till)
        if found.finish is Finish.LENGTH and not found.error:
            longer = request.model_copy(update={"max_tokens": 2 * request.max_tokens})
            found = await self._session.complete(longer, till)
        return to_reply(found)


def to_reply(found: Completion) -> Reply:
    """A completion as a reply. One whose usage nobody told has none to tell."""
    usage = found.usage or Usage(prompt_tokens=0, completion_tokens=0)
    return Reply(text=found.text, usage=usage, finish=found.finish, error=found.error)
