"""What is asked of a model behind a server, what comes back, and what an attempt may cost."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from sodakd.types import Frozen, Usage


class Finish(StrEnum):
    """How an answer ended. A `failed` one has no text: every attempt went wrong on its way."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"
    FAILED = "failed"


class Message(Frozen):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(Frozen):
    """A chat to be completed, and how."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    logprobs: bool = False


@dataclass(frozen=True)
class Completion:
    """What a model answered. `usage` is None where the server did not tell it.

    `logprobs` are the answer's tokens with their log-probabilities, where they were asked for and
    the server tells them.

    `error` says why there is no text: of a prompt that was refused, or of attempts that all failed.
    Such a completion was not billed, beyond what its attempts were.
    """

    text: str
    finish: Finish
    usage: Usage | None
    model: str = ""
    error: str = ""
    logprobs: tuple[tuple[str, float], ...] | None = None


class Trouble(StrEnum):
    """Why an attempt brought no answer."""

    CONNECT = "connect"
    AWAY = "away"
    RESET = "reset"
    TIMEOUT = "timeout"
    BUSY = "busy"
    SERVER = "server"
    GARBAGE = "garbage"
    EMPTY = "empty"
    REFUSED = "refused"
    FATAL = "fatal"


class Billed(StrEnum):
    """Whether an attempt was paid for."""

    NO = "no"
    YES = "yes"
    PERHAPS = "perhaps"


@dataclass(frozen=True)
class Failure:
    """An attempt that brought no answer.

    A whole answer with an error status is not billed. One that was cut off, or that does not tell
    its usage, may have been: `PERHAPS`.
    """

    trouble: Trouble
    words: str
    billed: Billed = Billed.NO
    usage: Usage | None = None
    retry_after: float | None = None


class Till(Protocol):
    """Who pays for the attempts of one call. `reserve` comes before, one of the others after."""

    async def reserve(self, most: Usage) -> None:
        """Set the most aside. Raises what is to stop the call, such as `BudgetReached`."""
        ...

    def paid(self, usage: Usage | None) -> None:
        """The attempt was answered and took this; None where the server does not tell."""
        ...

    def free(self) -> None:
        """The attempt was not billed."""
        ...

    def lost(self) -> None:
        """The attempt may have been billed, and nobody can tell: it stays in the books whole."""
        ...


@dataclass
class OpenTill:
    """A till without limits, for models that nobody is charged for."""

    usages: list[Usage] = field(default_factory=list)

    async def reserve(self, most: Usage) -> None:
        """Set nothing aside."""

    def paid(self, usage: Usage | None) -> None:
        """Remember the usage."""
        if usage is not None:
            self.usages.append(usage)

    def free(self) -> None:
        """Nothing to do."""

    def lost(self) -> None:
        """Nothing to do."""


OVERHEAD_TOKENS = 256
"""Room for what a server's chat template adds to a prompt: role marks, a default system turn."""


def at_most(request: Request) -> Usage:
    """The most tokens that a request can take.

    No byte-level tokenizer makes more tokens of a text than it has bytes of UTF-8.
    """
    letters = sum(len(message.content.encode()) for message in request.messages)
    marks = 8 * len(request.messages)
    return Usage(
        prompt_tokens=letters + marks + OVERHEAD_TOKENS, completion_tokens=request.max_tokens
    )
