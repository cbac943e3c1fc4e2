"""Values of a signature's types, as JSON and as Python has them.

In JSON a tuple is an array, an optional null or its value, a char a text of one character. The keys
of a dict are texts: a key that is none stands there as its JSON, `{"1": "a"}`.

Workers of the judge import this: nothing but the standard library is imported here.
"""

import math
import re
from collections.abc import Iterator, Sequence

from sodakd.text.json_values import Json
from sodakd.value_type import TypeTree, read_type

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,99}")


def has_64_bits(value: int) -> bool:
    """Whether a signed integer of 64 bits holds it."""
    return -(2**63) <= value < 2**63


def fits(
    kind: str, value: object, *, whole: bool = True, finite: bool = True, bounded: bool = True
) -> bool:
    """Whether a value is of a type.

    `whole`: a whole number may stand for a float. `finite`: it has to be written in a language.
    `bounded`: integers have 64 bits.
    """
    return all(
        _is(name, one, whole=whole, finite=finite, bounded=bounded)
        for name, one in leaves(read_type(kind), value)
    )


def leaves(tree: TypeTree, value: object) -> Iterator[tuple[str, object]]:
    """The types and values that hold no others, keys of dicts too. A value that is not as its type
    stands under the name `""`."""
    match tree.name:
        case "optional":
            if value is not None:
                yield from leaves(tree.item, value)
        case "list" if isinstance(value, list):
            for one in value:
                yield from leaves(tree.item, one)
        case "tuple" if isinstance(value, list) and len(value) == len(tree.items):
            for item, one in zip(tree.items, value, strict=True):
                yield from leaves(item, one)
        case "dict" if isinstance(value, dict):
            key, item = tree.items
            for name, one in value.items():
                yield (key.name, key_of(key.name, name)) if _is_key(key.name, name) else ("", name)
                yield from leaves(item, one)
        case "list" | "tuple" | "dict":
            yield "", value
        case name:
            yield name, value


def key_of(kind: str, text: str) -> Json:
    """The key of a dict whose text this is."""
    return int(text) if kind == "int" else text


def _is_key(kind: str, text: object) -> bool:
    """Whether a text is that of a key of this type, as JSON writes it."""
    return isinstance(text, str) and (kind != "int" or _INTEGER.fullmatch(text) is not None)


def _is(kind: str, value: object, *, whole: bool, finite: bool, bounded: bool) -> bool:
    if kind in ("str", "char"):
        return isinstance(value, str) and (kind == "str" or len(value) == 1)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and (not bounded or has_64_bits(value))
    if not kind or not isinstance(value, (int, float) if whole else float):
        return False
    try:
        return math.isfinite(value) or not finite
    except OverflowError:
        return False


def as_python(kind: str, value: Json) -> object:
    """The value of Python's that JSON of this type stands for; what is none of it as it is."""
    return _python(read_type(kind), value)


def _python(tree: TypeTree, value: Json) -> object:
    match tree.name, value:
        case "optional", _:
            return _python(tree.item, value)
        case "list", list():
            return [_python(tree.item, one) for one in value]
        case "tuple", list() if len(value) == len(tree.items):
            return tuple(_python(item, one) for item, one in zip(tree.items, value, strict=True))
        case "dict", dict() if all(_is_key(tree.items[0].name, name) for name in value):
            key, item = tree.items
            return {key_of(key.name, name): _python(item, one) for name, one in value.items()}
    return value


def as_json(value: object) -> Json:
    """The JSON of a signature's types that a value of Python's stands for.

    Raises:
        ValueError: none of the types has such a value.
    """
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {_key_text(key): as_json(one) for key, one in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"no type of a signature has a {type(value).__name__}")


def _key_text(key: object) -> str:
    if isinstance(key, str):
        return key
    if type(key) is int:
        return str(key)
    raise ValueError(f"no dict of a signature has a {type(key).__name__} as key")


def inferred(values: Sequence[Json]) -> str | None:
    """The type that all of these values have, where there is one; a list that is always empty is
    one of integers."""
    there = [value for value in values if value is not None]
    found = _inferred(there)
    return f"optional[{found}]" if found and len(there) < len(values) else found


def _inferred(values: Sequence[Json]) -> str | None:
    if not values:
        return "int"
    lists = [value for value in values if isinstance(value, list)]
    if len(lists) == len(values):
        item = inferred([one for value in lists for one in value])
        if item is not None or len({len(value) for value in lists}) > 1:
            return item and f"list[{item}]"
        items = [inferred(column) for column in zip(*lists, strict=True)]
        return f"tuple[{', '.join(map(str, items))}]" if None not in items else None
    dicts = [value for value in values if isinstance(value, dict)]
    if len(dicts) == len(values):
        item = inferred([one for value in dicts for one in value.values()])
        return item and f"dict[str, {item}]"
    return next((name for name in _PLAIN if _all_are(name, values)), None)


_PLAIN = ("int", "float", "bool", "str")


def _all_are(name: str, values: Sequence[Json]) -> bool:
    return all(fits(name, one, whole=False, finite=False) for one in values)
