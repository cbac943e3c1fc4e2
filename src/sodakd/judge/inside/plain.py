"""Plain values as JSON: all that may cross between a program and what judges it.

Lists, numbers, texts, truth values and None stand for themselves; other plain types carry a tag.
An object of a class of the program's own never crosses, so it cannot answer for itself when it is
compared. A subclass of a plain type crosses as the plain value that it holds.
"""

import json

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class NotPlainError(TypeError):
    """A value that cannot cross."""


def encode(value: object) -> Json:
    """The value as JSON. Raises `NotPlainError`."""
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float or kind is str:
        return value  # type: ignore[return-value]
    if kind is list:
        return [encode(item) for item in list.__iter__(value)]  # type: ignore[call-overload]
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in tuple.__iter__(value)]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in dict.items(value)]}
    if isinstance(value, set):
        return {"set": [encode(item) for item in set.__iter__(value)]}
    if isinstance(value, frozenset):
        return {"frozenset": [encode(item) for item in frozenset.__iter__(value)]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes.hex(bytes(value))}
    if kind is complex:
        return {"complex": [complex.__abs__(value) * 0 + value.real, value.imag]}  # type: ignore[attr-defined]
    if isinstance(value, list):
        return [encode(item) for item in list.__iter__(value)]
    if isinstance(value, int):
        return int.__add__(value, 0)
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    if isinstance(value, str):
        return str.__str__(value)
    raise NotPlainError(f"a value of type {kind.__name__} is no plain value")


def decode(value: Json) -> object:
    """The value that `encode` made JSON of."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "bytes":
        return bytes.fromhex(str(content))
    assert isinstance(content, list)
    if tag == "dict":
        return {decode(pair[0]): decode(pair[1]) for pair in content if isinstance(pair, list)}
    items = [decode(item) for item in content]
    if tag == "complex":
        return complex(*items)  # type: ignore[arg-type]
    return _MADE[tag](items)


_MADE = {"tuple": tuple, "set": set, "frozenset": frozenset}


def dump(value: Json) -> bytes:
    """One line of JSON."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
