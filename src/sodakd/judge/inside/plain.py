"""Plain values as JSON: all that may cross between a program and what judges it.

Lists, numbers, texts, truth values and None stand for themselves; other plain types carry a tag.
An object of a class of the program's own never crosses, so it cannot answer for itself when it is
compared. A subclass of a plain type crosses as the plain value that it holds.
"""

import json
from collections.abc import Callable
from typing import cast

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


_SIMPLE = frozenset({bool, int, float, str})
_PLAIN = frozenset({list, tuple, dict, set, frozenset, bytes, complex})


class NotPlainError(TypeError):
    """A value that cannot cross."""


def encode(value: object, other: Callable[[object], object] | None = None) -> Json:
    """The value as JSON.

    `other` is asked first about what is not of a plain type itself; it answers with JSON or
    `NotImplemented`. Raises `NotPlainError`.
    """
    kind = type(value)
    if value is None or (isinstance(value, (bool, int, float, str)) and kind in _SIMPLE):
        return value
    if other is not None and kind not in _PLAIN:
        made = other(value)
        if made is not NotImplemented:
            return cast("Json", made)
    if isinstance(value, list):
        return [encode(item, other) for item in list.__iter__(value)]
    if isinstance(value, tuple):
        return {"tuple": [encode(item, other) for item in tuple.__iter__(value)]}
    if isinstance(value, dict):
        pairs = dict.items(value)
        return {"dict": [[encode(key, other), encode(item, other)] for key, item in pairs]}
    if isinstance(value, set):
        return {"set": [encode(item, other) for item in set.__iter__(value)]}
    if isinstance(value, frozenset):
        return {"frozenset": [encode(item, other) for item in frozenset.__iter__(value)]}
    return _single(value)


def _single(value: object) -> Json:
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes.hex(bytes(value))}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, int):
        return int.__add__(value, 0)
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    if isinstance(value, str):
        return str.__str__(value)
    raise NotPlainError(f"a value of type {type(value).__name__} is no plain value")


def decode(value: Json, other: Callable[[str, Json], object] | None = None) -> object:
    """The value that `encode` made JSON of; `other` is asked about tags that are not its own."""
    if isinstance(value, list):
        return [decode(item, other) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "bytes":
        return bytes.fromhex(str(content))
    if tag not in _TAGS and other is not None:
        return other(tag, content)
    assert isinstance(content, list)
    if tag == "dict":
        return {
            decode(pair[0], other): decode(pair[1], other)
            for pair in content
            if isinstance(pair, list)
        }
    items = [decode(item, other) for item in content]
    if tag == "complex":
        real, imaginary = items
        assert isinstance(real, float)
        assert isinstance(imaginary, float)
        return complex(real, imaginary)
    return _MADE[tag](items)


_MADE = {"tuple": tuple, "set": set, "frozenset": frozenset}
_TAGS = frozenset({*_MADE, "dict", "complex"})


_JSON = json.JSONEncoder(separators=(",", ":")).encode


def dump(value: Json) -> bytes:
    """One line of JSON."""
    return _JSON(value).encode() + b"\n"
