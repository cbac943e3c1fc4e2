"""What a server says of an error, in whichever form it says it, and which HTTP status that means.

Servers tell errors in the body of an error status and, many of them, in a reply with status 200:
`error` (a text, or an object of OpenAI's), `base_resp`, `error_code` and `error_msg`, `detail`, or
a bare `code` and `message`.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.inference.completions import Finish
from sodakd.json_text import JsonError, parse_json

_MOST_LETTERS = 300
_ENVELOPES = ("error", "errors", "base_resp", "fault", "header", "Response", "Error")
_MESSAGES = (
    "message", "msg", "error_msg", "status_msg", "detail", "error_message", "errorMessage",
    "error_description", "title", "reason", "faultstring", "Message",
)  # fmt: skip
_CODES = ("code", "status", "status_code", "statusCode", "error_code", "type", "Code")
_FURTHER = ("metadata", "raw", "innererror")
_FINE = {"", "0", "200", "ok", "success", "none", "null", "false"}
"""Codes and texts in the place of an error that say that there is none."""

PER_PROMPT: Mapping[str, Finish] = {
    "content_filter": Finish.FILTERED,
    "content filter": Finish.FILTERED,
    "content_policy": Finish.FILTERED,
    "content policy": Finish.FILTERED,
    "content management policy": Finish.FILTERED,
    "content exists risk": Finish.FILTERED,
    "content_risk": Finish.FILTERED,
    "usage policies": Finish.FILTERED,
    "usage policy": Finish.FILTERED,
    "data_inspection_failed": Finish.FILTERED,
    "datainspectionfailed": Finish.FILTERED,
    "inappropriate content": Finish.FILTERED,
    "new_sensitive": Finish.FILTERED,
    "sensitive content": Finish.FILTERED,
    "sensitive word": Finish.FILTERED,
    "sensitive information": Finish.FILTERED,
    "unsafe content": Finish.FILTERED,
    "unsafe or sensitive": Finish.FILTERED,
    "prohibited_content": Finish.FILTERED,
    "prohibited content": Finish.FILTERED,
    "prohibited use": Finish.FILTERED,
    "high risk": Finish.FILTERED,
    "harmful": Finish.FILTERED,
    "moderation": Finish.FILTERED,
    "flagged": Finish.FILTERED,
    "敏感": Finish.FILTERED,
    "违规": Finish.FILTERED,
    "风险": Finish.FILTERED,
    "context_length_exceeded": Finish.LENGTH,
    "context length": Finish.LENGTH,
    "context window": Finish.LENGTH,
    "context size": Finish.LENGTH,
    "exceed_context_size": Finish.LENGTH,
    "input token count": Finish.LENGTH,
    "prompt is too long": Finish.LENGTH,
    "input is too long": Finish.LENGTH,
    "input length": Finish.LENGTH,
    "max input characters": Finish.LENGTH,
    "string_above_max_length": Finish.LENGTH,
    "request too large": Finish.LENGTH,
}
"""Words of an error that speak of one prompt alone."""

NO_CREDIT = (
    "insufficient_quota", "billing_hard_limit", "billing hard limit", "insufficient balance",
    "insufficient_balance", "balance is insufficient", "insufficient credit", "insufficient fund",
    "not enough credit", "out of credit", "credit balance is too low", "balance not enough",
    "arrearage", "overdue payment", "payment required", "余额不足", "欠费",
)  # fmt: skip

_STATUS_OF_WORDS: Mapping[int, tuple[str, ...]] = {
    402: NO_CREDIT,
    429: (
        "rate limit", "rate_limit", "ratelimit", "too many requests", "too many concurrent",
        "request limit", "resource_exhausted", "throttl", "qps", "slow down",
    ),
    400: tuple(PER_PROMPT),
    401: (
        "api key", "api_key", "apikey", "api secret key", "access token", "unauthorized",
        "authentication", "not authorized", "login fail",
    ),
    404: (
        "model_not_found", "model not exist", "model not found", "unknown model", "invalid model",
        "no such model",
    ),
    503: ("overloaded", "unavailable", "server busy", "server is busy", "try again later"),
}  # fmt: skip
"""What the words of an error without a status mean. The first status whose words are found."""


@dataclass(frozen=True)
class ServerError:
    """An error that a server tells. `status` is the HTTP status that it names or means, if any."""

    words: str
    status: int | None


def find_error(value: JsonValue) -> ServerError | None:
    """The error that a body tells of; None for one that tells of none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict):
        return None
    inner = next((value[name] for name in _ENVELOPES if _is_told(value.get(name))), None)
    if inner is None:
        if not any(_is_told(value.get(name)) for name in (*_MESSAGES, "error_code")):
            return None
        if any(
            _is_short(found) and str(found).lower() in _FINE for found in map(value.get, _CODES)
        ):
            return None
        inner = value
    if isinstance(inner, str) and inner.lstrip().startswith("{"):
        with suppress(JsonError):
            inner = parse_json(inner)
    words = one_line(" ".join(dict.fromkeys(_texts(inner))))
    named = next((code for code in _numbers(inner) if 400 <= code < 600), None)
    return ServerError(words, named or _meant(words.lower()))


def one_line(text: str) -> str:
    """The text in one line of at most 300 letters."""
    return " ".join(text[: 4 * _MOST_LETTERS].split())[:_MOST_LETTERS]


def _is_told(value: JsonValue) -> bool:
    """Whether what stands in the place of an error is one."""
    if isinstance(value, dict):
        codes = [str(value[name]).lower() for name in _CODES if _is_short(value.get(name))]
        return bool(value) and not (codes and all(code in _FINE for code in codes))
    if isinstance(value, list):
        return bool(value)
    return _is_short(value) and str(value).lower() not in _FINE


def _meant(words: str) -> int | None:
    for status, signs in _STATUS_OF_WORDS.items():
        if any(sign in words for sign in signs):
            return status
    return None


def _texts(value: JsonValue) -> Iterator[str]:
    """The messages and codes in an error, the outer ones first; of a list the first three."""
    if isinstance(value, dict):
        for name in (*_ENVELOPES, *_MESSAGES, *_CODES, *_FURTHER):
            yield from _texts(value.get(name))
    elif isinstance(value, list):
        for each in value[:3]:
            yield from _texts(each)
    elif _is_short(value):
        yield str(value)


def _numbers(value: JsonValue) -> Iterator[int]:
    """The codes in an error that are numbers, the outer ones first."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        for name in _CODES:
            found = value.get(name)
            if _is_short(found) and str(found).isascii() and str(found).isdecimal():
                yield int(str(found)[:4])
        for name in _ENVELOPES:
            yield from _numbers(value.get(name))


def _is_short(value: JsonValue) -> bool:
    """Whether it is a text that says something, or a number that is no monster."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
