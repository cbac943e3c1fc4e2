"""What an HTTP reply of a chat-completions server means: an answer, or which kind of trouble."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from sodakd.inference.completion_body import read_completion, read_usage
from sodakd.inference.completions import Billing, Completion, ErrorKind, Failure
from sodakd.inference.server_errors import NO_CREDIT, PER_PROMPT, find_error, one_line
from sodakd.json_text import JsonError, parse_shallow
from sodakd.settings.urls import public_address
from sodakd.types import Usage

LONGEST_WAIT = 300.0
"""Seconds: a server that asks for a longer pause is asked again after this one."""

_FATAL: Mapping[int, str] = {
    401: "the key is not accepted: check the environment variable that api_key_env names",
    402: "the account has no credit left",
    403: "the key may not do this",
    404: "no such model, or address: check model and base_url (it mostly ends in /v1)",
    405: "no chat completions at this address: check base_url (it mostly ends in /v1)",
}

_UNAVAILABLE = {502, 503, 504, *range(520, 528), 529, 530}
"""Said by a gateway for a server that is not there, or by one that is full: nothing was begun."""
_OF_A_PROMPT = {400, 403, 413, 422, 429, 451, 500}
"""With words that speak of one prompt alone these are data, and no reason to stop."""

_STREAM = (b"data:", b"event:", b": ")


def parse_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    empty_is_said: bool = False,
) -> Completion | Failure:
    """The meaning of a whole HTTP reply. `headers` have lower-case names.

    A reply without text is a failure, or with `empty_is_said` an answer.
    """
    wait = retry_after(headers.get("retry-after"))
    value = parse_body(body)
    if 300 <= status < 400:
        place = headers.get("location", "")
        to = f" to {public_address(place)}" if place else ", and the server does not say where to"
        return Failure(ErrorKind.FATAL, f"HTTP {status}: the address moved{to}: check base_url")
    if not isinstance(value, JsonError):
        return read_value(status, value, wait, empty_is_said=empty_is_said)
    if 200 <= status < 300:
        return no_json(headers, body, status)
    text = body[:4000].decode("utf-8", "replace")
    words = "an HTML page" if "<html" in text.lower() else one_line(text)
    return _refusal(status, f"HTTP {status}: {words}", wait)


def read_value(
    status: int, value: JsonValue, wait: float | None = None, *, empty_is_said: bool = False
) -> Completion | Failure:
    """The meaning of a reply whose body was read: of one to a call, or to a request of a batch."""
    if not 200 <= status < 300:
        error = find_error(value)
        words = error.words if error and error.words else _as_text(value)
        return _refusal(status, f"HTTP {status}: {words}", wait)
    row = value if isinstance(value, dict) else {}
    found = read_completion(row, empty_is_said=empty_is_said)
    if found is None:
        found = Failure(ErrorKind.GARBAGE, "JSON that is no chat completion", Billing.PERHAPS)
    if isinstance(found, Failure) and found.trouble in {ErrorKind.EMPTY, ErrorKind.GARBAGE}:
        usage = read_usage(row.get("usage"))
        return _told_failure(value, usage, wait) or found
    return found


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header, which holds seconds or an HTTP date; None for neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        seconds = (then - (now or datetime.now(UTC))).total_seconds()
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_WAIT)


def unusable_body(headers: Mapping[str, str], body: bytes, other: str) -> Failure:
    """Why a body with status 200 does not hold what was asked for; `other` are words for any JSON.

    An error that it tells of means what its status would.
    """
    value = parse_body(body)
    if isinstance(value, JsonError):
        return no_json(headers, body)
    found = _told_failure(value, None, None)
    if isinstance(found, Failure):
        return found
    return Failure(ErrorKind.GARBAGE, found.error if found else other, Billing.PERHAPS)


def no_json(headers: Mapping[str, str], body: bytes, status: int = 200) -> Failure:
    """What a body is that is no JSON, though its status says that all is well."""
    start = body[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        found = "an HTML page instead of an answer"
    elif "text/event-stream" in headers.get("content-type", "") or start.startswith(_STREAM):
        found = (
            "a stream of events, though the request says that it wants one whole answer"
            ' ("stream": false): switch streaming off at the server, or at what stands before it'
        )
    elif not start:
        found = f"a reply without a body (HTTP {status})"
    else:
        found = "a body that is not JSON"
    return Failure(ErrorKind.GARBAGE, found, Billing.PERHAPS)


def _told_failure(
    value: JsonValue, usage: Usage | None, wait: float | None
) -> Completion | Failure | None:
    """What the error in a body with status 200 means: as if its status stood outside."""
    outer = {"error": value.get("error")} if isinstance(value, dict) else None
    error = find_error(outer) or find_error(_first_choice(value)) or find_error(value)
    if error is None:
        return None
    words = f"an error in a reply with status 200: {error.words}"
    found = _refusal(error.status or 500, words, wait)
    if isinstance(found, Failure) and usage is not None and usage.tokens:
        return Failure(found.trouble, words, Billing.YES, usage, found.retry_after)
    return found


def _first_choice(value: JsonValue) -> JsonValue:
    """The first choice of a body: routers tell there what befell the server behind them."""
    choices = value.get("choices") if isinstance(value, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return {"error": first.get("error")} if isinstance(first, dict) else None


def _refusal(status: int, words: str, wait: float | None) -> Completion | Failure:
    """What an error means, by its status and its words."""
    lower = words.lower()
    if 400 <= status < 500 and any(sign in lower for sign in NO_CREDIT):
        return Failure(ErrorKind.FATAL, f"{words}: {_FATAL[402]}")
    if status in _OF_A_PROMPT:
        for sign, finish in PER_PROMPT.items():
            if sign in lower and (status != 429 or sign == "request too large"):
                return Completion("", finish, Usage(prompt_tokens=0, completion_tokens=0), words)
    if status == 429 or (status in {503, 529} and wait is not None):
        return Failure(ErrorKind.BUSY, words, retry_after=wait)
    if status in _UNAVAILABLE:
        return Failure(ErrorKind.UNAVAILABLE, words, retry_after=wait)
    if status >= 500 or status in {408, 409, 425}:
        return Failure(ErrorKind.SERVER, words, retry_after=wait)
    if status in _FATAL:
        return Failure(ErrorKind.FATAL, f"{words}: {_FATAL[status]}")
    return Failure(ErrorKind.REFUSED, words)


def parse_body(body: bytes) -> JsonValue | JsonError:
    """A body's value, or why it is none; bytes that are no letters become U+FFFD."""
    try:
        return parse_shallow(body)
    except JsonError as error:
        return error


def _as_text(value: JsonValue) -> str:
    try:
        return one_line(json.dumps(value, ensure_ascii=False))
    except ValueError:  # an integer that Python does not write
        return "no words"
