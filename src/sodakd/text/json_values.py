"""Plain values as JSON: all that may cross between a program and what judges it.

Lists, numbers, texts, truth values and None stand for themselves; other plain types carry a tag.
An object of a class of the program's own never crosses, so it cannot answer for itself when it is
compared. A subclass of a plain type crosses as the plain value that it holds.
"""

import json

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


_SIMPLE = frozenset({bool, int, float, str})
_PLAIN = _SIMPLE | {list, tuple, dict, set, frozenset, bytes, complex, type(None)}
_LONG = 14_000
"""Bits of an integer above which it crosses in base 16: decimals take time that grows faster than
their number, and Python reads no more than 4,300 of them."""


class NotSerialisable(TypeError):
    """A value that cannot cross."""


def is_plain(value: object) -> bool:
    """Whether a value is of a plain type itself: then nothing of a program's answers for it."""
    return type(value) in _PLAIN


def encode(value: object) -> Json:
    """Return the value as JSON. Raises `NotSerialisable`."""
    kind = type(value)
    if value is None or (isinstance(value, (bool, float, str)) and kind in _SIMPLE):
        return value
    if isinstance(value, int):
        number = int.__add__(value, 0)
        return number if int.bit_length(number) <= _LONG else {"int": int.__format__(number, "x")}
    if isinstance(value, list):
        return [encode(item) for item in list.__iter__(value)]
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in tuple.__iter__(value)]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in dict.items(value)]}
    if isinstance(value, set):
        return {"set": [encode(item) for item in set.__iter__(value)]}
    if isinstance(value, frozenset):
        return {"frozenset": [encode(item) for item in frozenset.__iter__(value)]}
    return _single(value)


def _single(value: object) -> Json:
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes.hex(bytes(value))}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    if isinstance(value, str):
        return str.__str__(value)
    raise NotSerialisable(f"a value of type {type(value).__name__} is no plain value")


def decode(value: Json) -> object:
    """Return the value that `encode` made JSON of.

    Raises:
        ValueError: nothing is encoded so.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    try:
        ((tag, content),) = value.items()
        if tag == "int":
            return int(str(content), 16)
        if tag == "bytes":
            return bytes.fromhex(str(content))
        if not isinstance(content, list):
            raise ValueError(f"{tag} must hold a list")
        items = [decode(item) for item in content]
        if tag == "dict":
            return dict(map(_pair, items))
        if tag == "complex":
            real, imaginary = items
            return complex(float(str(real)), float(str(imaginary)))
        return _MADE[tag](items)
    except (LookupError, TypeError, OverflowError) as error:
        raise ValueError(f"no value is written so: {error}") from None


def _pair(value: object) -> tuple[object, object]:
    if not isinstance(value, list):
        raise ValueError("a dict must hold pairs")
    key, item = value
    return key, item


_MADE = {"tuple": tuple, "set": set, "frozenset": frozenset}

_JSON = json.JSONEncoder(separators=(",", ":")).encode


def dump(value: Json) -> bytes:
    """One line of JSON."""
    return _JSON(value).encode() + b"\n"
