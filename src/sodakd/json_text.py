"""JSON that others wrote: a model's reply, a server's body, a row that somebody brings.

Python's own reader raises `RecursionError` on deep nesting, refuses integers of more than 4,300
digits, and hands on half surrogates, which no file can hold. Here every such text is a value that
can be written again, or one error.
"""

import ast
import json
import re
import warnings
from collections.abc import Callable

from pydantic import JsonValue

MAX_DEPTH = 100
"""Lists and objects within one another: what is deeper is no data, and breaks its next reader."""
MAX_DIGITS = 100_000
"""Digits of one integer: reading them takes time that grows faster than their number."""

MAX_LITERAL = 2_000_000
"""Characters of a value in Python's words: its parser takes a hundred times their memory."""

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
"""A text, also one without an end, or a bracket: time is linear in the JSON's length."""
_LONG_INTEGER = re.compile(r"[0-9]{4300}")
_HALF_SURROGATE = re.compile("[\ud800-\udfff]")
_Container = list[JsonValue] | dict[str, JsonValue]


class JsonError(ValueError):
    """A text is no JSON that can be used. The message says what is wrong, and where."""


class JsonLimitError(JsonError):
    """A value of a JSON text is deeper, or longer, than any that is read here."""


def parse_json(text: str | bytes) -> JsonValue:
    """Return the value of a JSON text; half surrogates in it become U+FFFD.

    Raises:
        JsonLimitError: it is nested more than `MAX_DEPTH` deep, or holds an integer of more than
            `MAX_DIGITS` digits.
        JsonError: it is not JSON or not UTF-8.
    """
    decoded = _decode(text)
    return _parsed(decoded, lambda reader: reader.decode(decoded))


def parse_json_at(text: str, start: int) -> JsonValue:
    """Return the JSON value that begins at `start`, whatever stands behind it.

    Raises:
        JsonError: as `parse_json`.
    """
    return _parsed(text, lambda reader: reader.raw_decode(text, start)[0])


def parse_literal(text: str) -> JsonValue:
    """Return the value that a text writes as Python does, where JSON has such a value.

    Raises:
        JsonError: it writes none, or is longer than `MAX_LITERAL`; or as `parse_json`.
    """
    if len(text) > MAX_LITERAL:
        raise JsonError(f"a value of {len(text)} characters: {MAX_LITERAL} are read at most")
    try:
        with warnings.catch_warnings(action="ignore"):
            return parse_json(json.dumps(ast.literal_eval(text), allow_nan=False))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise JsonError(f"no value that both Python and JSON have: {error}") from None


_KINDS = {
    bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list",
    dict: "an object",
}  # fmt: skip


def json_kind(value: JsonValue) -> str:
    """What kind of JSON value one is, in words."""
    return _KINDS.get(type(value), "null")


def nested(value: JsonValue) -> JsonValue:
    """Return the list or object that stands in a text, as JSON or as Python writes it, as tables
    keep them; any other value as it is.
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    for read in (parse_json, parse_literal):
        try:
            found = read(value.strip())
        except JsonError:
            continue
        return found if isinstance(found, list | dict) else value
    return value


def parse_shallow(body: bytes) -> JsonValue:
    """Return the value of a server's body: what no answer needs may not void it.

    Null stands where lists and objects are more than `MAX_DEPTH` deep, or an integer is too long.
    Bytes that are no letters of its encoding become U+FFFD.

    Raises:
        JsonError: it is not JSON.
    """
    text = body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        text = _without_depths(text)
    return _parsed(text, lambda reader: reader.decode(text), _integer_or_null)


def valid_unicode(text: str) -> str:
    """Return the text with U+FFFD in the place of half surrogates, which no file can hold."""
    return _HALF_SURROGATE.sub("\ufffd", text)


def parse_integer(digits: str) -> int:
    """Return the integer that decimal digits write, up to `MAX_DIGITS` of them.

    Raises:
        JsonLimitError: there are more.
    """
    if len(digits) <= 4300:
        return int(digits)
    if len(digits) > MAX_DIGITS:
        raise JsonLimitError(f"an integer of {len(digits)} digits: {MAX_DIGITS} are read at most")
    if digits.startswith("-"):
        return -parse_integer(digits[1:])
    low = len(digits) // 2
    power: int = 10**low
    return parse_integer(digits[:-low]) * power + parse_integer(digits[-low:])


_TOO_DEEP = f"lists and objects within one another, more than {MAX_DEPTH} deep"


def _decode(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8: {error}") from None


def _integer_or_null(digits: str) -> int | None:
    return None if len(digits) > MAX_DIGITS else parse_integer(digits)


def _without_depths(text: str) -> str:
    """JSON with null in the place of lists and objects that are more than `MAX_DEPTH` deep."""
    kept, depth, end, cut = [], 0, 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                cut = token.start()
        elif token[0] in "]}":
            if depth == MAX_DEPTH + 1:
                kept += [text[end:cut], "null"]
                end = token.end()
            depth -= 1
    return "".join([*kept, text[end:]])


def _parsed(
    text: str,
    read: Callable[[json.JSONDecoder], JsonValue],
    integer: Callable[[str], int | None] = parse_integer,
) -> JsonValue:
    # Python's own reader of integers is faster, for it is no call. Control characters within texts
    # are taken: servers and models write them.
    own = integer if _LONG_INTEGER.search(text) else None
    reader = json.JSONDecoder(strict=False, parse_int=own)
    try:
        value = read(reader)
    except RecursionError:
        raise JsonLimitError(_TOO_DEEP) from None
    except JsonLimitError:
        raise
    except ValueError as error:
        raise JsonError(str(error)) from None
    return _usable(value, text)


def _usable(value: JsonValue, text: str) -> JsonValue:
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise JsonLimitError(_TOO_DEEP)
    # An escaped half, or one that an earlier reader let through.
    if "\\ud" in text or "\\uD" in text or _HALF_SURROGATE.search(text):
        return _mend(value)
    return value


def _is_deeper(value: JsonValue, most: int) -> bool:
    level = _containers([value])
    for _ in range(most):
        level = [inner for outer in level for inner in _containers(outer)]
    return bool(level)


def _containers(value: _Container) -> list[_Container]:
    children = value.values() if isinstance(value, dict) else value
    return [child for child in children if isinstance(child, dict | list)]


def _mend(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, list):
        return [_mend(each) for each in value]
    if isinstance(value, dict):
        return {valid_unicode(key): _mend(each) for key, each in value.items()}
    return value
