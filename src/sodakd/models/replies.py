"""What an HTTP reply of a chat-completions server means: an answer, or which kind of trouble."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, JsonValue, ValidationError

from sodakd.models.completions import Billed, Completion, Failure, Finish, Trouble
from sodakd.types import Usage

LONGEST_WAIT = 300.0
"""Seconds: a server that asks for a longer pause is asked again after this one."""


class _Part(BaseModel):
    text: str | None = None


class _Said(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """What was said: of parts, those of text, one after the other."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""


class _Choice(BaseModel):
    message: _Said
    logprobs: JsonValue = None
    finish_reason: str | None = None


class _Token(BaseModel):
    token: str
    logprob: float


class _Logprobs(BaseModel):
    content: list[_Token]


class _Tokens(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def usage(self) -> Usage | None:
        """None where a server does not tell both: then nobody knows what it took."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return Usage(
            prompt_tokens=max(0, self.prompt_tokens),
            completion_tokens=max(0, self.completion_tokens),
        )


class _Reply(BaseModel):
    model: str = ""
    choices: list[_Choice]
    usage: _Tokens | None = None


_FINISH: Mapping[str, Finish] = {
    "stop": Finish.STOP,
    "eos": Finish.STOP,
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "content_filter": Finish.FILTERED,
    "safety": Finish.FILTERED,
}

_FATAL: Mapping[int, str] = {
    401: "the key is not accepted: check the environment variable that api_key_env names",
    402: "the account has no credit left",
    403: "the key may not do this",
    404: "no such model, or address: check model and base_url (it mostly ends in /v1)",
    405: "no chat completions at this address: check base_url (it mostly ends in /v1)",
}

_PER_PROMPT: Mapping[str, Finish] = {
    "content_filter": Finish.FILTERED,
    "content_policy_violation": Finish.FILTERED,
    "moderation": Finish.FILTERED,
    "flagged": Finish.FILTERED,
    "context_length_exceeded": Finish.LENGTH,
    "maximum context length": Finish.LENGTH,
    "exceed_context_size": Finish.LENGTH,
}
"""Words of a 400 or 403 that speak of one prompt alone: data, and no reason to stop."""

_NO_CREDIT = ("insufficient_quota", "billing_hard_limit", "insufficient balance")


def read_reply(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime | None = None,
    *,
    empty_is_said: bool = False,
) -> Completion | Failure:
    """The meaning of a whole HTTP reply. `headers` have lower-case names.

    A reply without text is a failure, or with `empty_is_said` an answer.
    """
    if status == 200:
        return _answer(body, empty_is_said)
    words = f"HTTP {status}: {_words(body)}"
    lower = words.lower()
    wait = retry_after(headers.get("retry-after"), now)
    if status == 429 and not any(sign in lower for sign in _NO_CREDIT):
        return Failure(Trouble.BUSY, words, retry_after=wait)
    if status >= 500 or status in {408, 409, 425}:
        busy = status in {503, 529} and wait is not None
        return Failure(Trouble.BUSY if busy else Trouble.SERVER, words, retry_after=wait)
    if status in {400, 403, 413, 422}:
        for sign, finish in _PER_PROMPT.items():
            if sign in lower:
                return Completion(
                    "", finish, Usage(prompt_tokens=0, completion_tokens=0), "", words
                )
    if status == 429:
        return Failure(Trouble.FATAL, f"{words}: the account has no credit left")
    if status in _FATAL:
        return Failure(Trouble.FATAL, f"{words}: {_FATAL[status]}")
    if 300 <= status < 400:
        return Failure(Trouble.FATAL, f"{words}: the address moved: check base_url")
    return Failure(Trouble.REFUSED, words)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header, which holds seconds or an HTTP date; None for neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        seconds = (then - (now or datetime.now(UTC))).total_seconds()
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_WAIT)


def _answer(body: bytes, empty_is_said: bool) -> Completion | Failure:
    try:
        reply = _Reply.model_validate_json(body)
    except ValidationError:
        return no_answer(body, "JSON that is no chat completion")
    usage = reply.usage.usage if reply.usage else None
    if not reply.choices:
        return Failure(Trouble.EMPTY, "a reply without choices", *_billed(usage))
    choice = reply.choices[0]
    finish = _FINISH.get((choice.finish_reason or "stop").lower(), Finish.STOP)
    text = choice.message.text
    if choice.message.refusal and not text:
        finish = Finish.FILTERED
    if not text and finish is Finish.STOP and not empty_is_said:
        return Failure(Trouble.EMPTY, "a reply without text", *_billed(usage))
    return Completion(text, finish, usage, reply.model, logprobs=_logprobs(choice.logprobs))


def _logprobs(found: JsonValue) -> tuple[tuple[str, float], ...] | None:
    """Tokens and their log-probabilities; None where a server says nothing of them, or nonsense."""
    try:
        told = _Logprobs.model_validate(found)
    except ValidationError:
        return None
    return tuple((each.token, each.logprob) for each in told.content)


def _billed(usage: Usage | None) -> tuple[Billed, Usage | None]:
    return (Billed.PERHAPS if usage is None else Billed.YES), usage


def no_answer(body: bytes, other: str) -> Failure:
    """What a body is that does not hold what was asked for; `other` are words for any JSON."""
    start = body[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        found = "an HTML page instead of an answer"
    else:
        try:
            value: JsonValue = json.loads(body)
            told = isinstance(value, dict) and "error" in value
            found = f"an error in a reply with status 200: {_words(body)}" if told else other
        except ValueError:
            found = "a body that is not JSON"
    return Failure(Trouble.GARBAGE, found, Billed.PERHAPS)


def _words(body: bytes) -> str:
    """What a server says of an error, in one line of at most 300 characters."""
    text = body[:4000].decode("utf-8", "replace")
    try:
        value: JsonValue = json.loads(body)
    except ValueError:
        kind = "an HTML page" if "<html" in text.lower() else text
        return " ".join(kind.split())[:300]
    error = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(error, dict):
        parts = [error.get("message"), error.get("code")]
        error = " ".join(str(part) for part in parts if part) or json.dumps(error)
    return " ".join(str(error).split())[:300]
