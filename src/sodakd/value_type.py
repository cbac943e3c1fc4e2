"""The types of a signature as text, such as `dict[str, list[int]]`, read into their parts.

Workers of the judge import this: nothing but the standard library is imported here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SCALARS = ("int", "float", "bool", "str", "char")
"""Types that hold no others."""
TYPES = "int, float, bool, str, char, list[T], tuple[T, U], dict[K, V], optional[T]"
"""All of them, as a message names them."""
_HOLDS = {"list": 1, "optional": 1, "dict": 2}
_KEYS = ("int", "str", "char")
"""Types that a key of a dict may have: each value of theirs has one text, in every language."""
_DEEPEST = 8
_TOKEN = re.compile(r"\s*+(?:([A-Za-z]++)|([\[\],]))\s*+")


@dataclass(frozen=True)
class TypeTree:
    """A type: its name, and the types that it holds."""

    name: str
    items: tuple["TypeTree", ...] = ()

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.items))}]" if self.items else self.name

    @property
    def item(self) -> "TypeTree":
        """The type that a list or an optional holds."""
        return self.items[0]

    def parts(self) -> Iterator["TypeTree"]:
        """All types that it is made of, itself last."""
        for item in self.items:
            yield from item.parts()
        yield self


@lru_cache(maxsize=1024)
def read_type(text: str) -> TypeTree:
    """The type that a text names; upper and lower case are the same.

    Raises:
        ValueError: it names none; says why.
    """
    tokens, at = list[str](), 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _wrong(text, f"{text[at : at + 10].strip()!r} is no part of one")
        tokens.append((found[1] or found[2]).lower())
        at = found.end()
    tree, end = _read([*tokens, ""], 0, text, 1)
    if end != len(tokens):
        raise _wrong(text, f"{tokens[end]!r} stands behind it")
    return tree


def _read(tokens: list[str], at: int, text: str, depth: int) -> tuple[TypeTree, int]:
    """The type that begins at a token, and where it ends."""
    name, items = tokens[at], list[TypeTree]()
    if depth > _DEEPEST:
        raise _wrong(text, f"it is more than {_DEEPEST} deep")
    if name in SCALARS:
        return TypeTree(name), at + 1
    if name not in ("tuple", *_HOLDS):
        raise _wrong(text, f"{name!r} is none")
    at += 1
    while tokens[at] == ("," if items else "["):
        item, at = _read(tokens, at + 1, text, depth + 1)
        items.append(item)
    if not items or tokens[at] != "]":
        raise _wrong(text, f"{name} needs what it holds in brackets")
    if len(items) != _HOLDS.get(name, len(items)):
        raise _wrong(text, f"{name} holds {_HOLDS[name]}, here {len(items)}")
    if name == "dict" and items[0].name not in _KEYS:
        raise _wrong(text, f"a key is of type {', '.join(_KEYS)}, not {items[0]}")
    if name == "optional" and items[0].name == "optional":
        raise _wrong(text, "an optional that holds one has one null for both")
    return TypeTree(name, tuple(items)), at + 1


def _wrong(text: str, why: str) -> ValueError:
    return ValueError(f"{text[:80]!r} is no type ({why}); types are {TYPES}")
