"""What is asked of a model behind a server, what comes back, and what an attempt may cost."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from sodakd.types import FrozenModel, Usage


class Finish(StrEnum):
    """How an answer ended: whole, by `stop` alone.

    One that is `unknown` ended for a reason that this version does not know. A `failed` one has no
    text: every attempt went wrong on its way.
    """

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Message(FrozenModel):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(FrozenModel):
    """A chat to be completed, and how. Without a `temperature` it is the server's own."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = 0.0
    seed: int | None = None
    logprobs: bool = False


@dataclass(frozen=True)
class Completion:
    """What a model answered. `usage` is None where the server did not tell it.

    `logprobs` are the answer's tokens with their log-probabilities, where they were asked for and
    the server tells them.

    `error` says why there is no text: of a prompt that was refused, or of attempts that all failed.
    Such a completion is no answer, and was not billed, beyond what its attempts were.
    """

    text: str
    finish: Finish = Finish.STOP
    usage: Usage | None = None
    error: str = ""
    logprobs: tuple[tuple[str, float], ...] | None = None

    @property
    def is_answer(self) -> bool:
        """Whether the model said this, be it nothing.

        Else the server gave no answer: it refused the prompt, failed, or held the text back.
        """
        held_back = self.finish is Finish.FILTERED and not self.text
        return not (self.error or held_back or self.finish is Finish.FAILED)


class ErrorKind(StrEnum):
    """Why an attempt brought no answer.

    `unavailable`: something answers for the server and says that it is not there (502, 503, 504).
    `away`: the server was waited for, and the attempt counts for nothing.
    """

    CONNECT = "connect"
    UNAVAILABLE = "unavailable"
    AWAY = "away"
    RESET = "reset"
    TIMEOUT = "timeout"
    BUSY = "busy"
    SERVER = "server"
    GARBAGE = "garbage"
    EMPTY = "empty"
    REFUSED = "refused"
    FATAL = "fatal"


class Billing(StrEnum):
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

    trouble: ErrorKind
    words: str
    billed: Billing = Billing.NO
    usage: Usage | None = None
    retry_after: float | None = None


class UsageMeter(Protocol):
    """Who pays for the attempts of one call. `reserve` comes before, one of the others after."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is to be sent, not even what is reserved: `reserve` raises why."""
        ...

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


def settle(found: Completion | Failure, meter: UsageMeter) -> None:
    """Settle an attempt by what came of it."""
    if isinstance(found, Completion):
        meter.free() if found.error else meter.paid(found.usage)
    elif found.billed is Billing.YES and found.usage is not None:
        meter.paid(found.usage)
    elif found.billed is Billing.NO:
        meter.free()
    else:
        meter.lost()


@dataclass
class NullMeter:
    """A meter without limits, for models that nobody is charged for."""

    usages: list[Usage] = field(default_factory=list)
    is_ended: bool = False

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


def max_usage(request: Request) -> Usage:
    """The most tokens that a request can take of a server that keeps to `max_tokens`.

    No byte-level tokenizer makes more tokens of a text than it has bytes of UTF-8.
    """
    return Usage(prompt_tokens=_most_of_prompt(request), completion_tokens=request.max_tokens)


def _most_of_prompt(request: Request) -> int:
    letters = sum(len(message.content.encode()) for message in request.messages)
    return letters + 8 * len(request.messages) + OVERHEAD_TOKENS


@dataclass
class UsageBound:
    """The most tokens that an attempt can take, by what the answers so far took.

    Some servers count hidden reasoning, or a long system turn of their own, beyond `max_usage`: the
    largest excess that was seen is set aside for every later attempt.
    """

    prompt_excess: int = 0
    completion_excess: int = 0

    def at_most(self, request: Request) -> Usage:
        """The most that a request can take, as far as is known by now."""
        most = max_usage(request)
        if not (self.prompt_excess or self.completion_excess):
            return most
        return Usage(
            prompt_tokens=most.prompt_tokens + self.prompt_excess,
            completion_tokens=most.completion_tokens + self.completion_excess,
        )

    def learn(self, request: Request, usage: Usage) -> None:
        """Take note of what an attempt took."""
        prompt_excess = usage.prompt_tokens - _most_of_prompt(request)
        completion_excess = usage.completion_tokens - request.max_tokens
        self.prompt_excess = max(self.prompt_excess, prompt_excess)
        self.completion_excess = max(self.completion_excess, completion_excess)
