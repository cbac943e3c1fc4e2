"""An object of another process: what is done to it is asked of that process (`peer.py`).

Nothing but the standard library is imported here.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Asked(Protocol):
    """Who asks the other process."""

    def ask(self, what: str, *given: object, **keywords: object) -> Any: ...


class Kind(type):
    """The class of a thing, with the name and the bases of the other side's. A call makes one."""

    sodakd_peer: Asked
    sodakd_number: int
    sodakd_named: bool
    """Whether the tests use it by its name."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        is_error = issubclass(cls, BaseException)
        if is_error:
            return type.__call__(cls, *arguments, **keywords)
        return cls.sodakd_peer.ask("call", cls, *arguments, **keywords)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(("__", "sodakd_")):
            raise AttributeError(name)
        return cls.sodakd_peer.ask("get", cls, name)


class Thing(metaclass=Kind):
    """An object of the other side."""

    sodakd_told = False
    """Whether it is the difference of an object and a plain value: its class has been told that."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(self).sodakd_peer.ask("get", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        type(self).sodakd_peer.ask("set", self, name, value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Thing):
            return self is other or type(self).sodakd_peer.ask("eq", self, other) is True
        plain = type(self).sodakd_peer.ask("plain", self)
        return isinstance(plain, list) and bool(plain[0] == other)

    def __hash__(self) -> int:
        return int(self.sodakd_number)


def _asks(name: str) -> Callable[..., Any]:
    def asked(self: Thing, *rest: object, **keywords: object) -> Any:
        found = type(self).sodakd_peer.ask(name, self, *rest, **keywords)
        return _still_told(name, found) if self.sodakd_told and name in _SIZES else found

    return asked


def _orders(name: str) -> Callable[..., Any]:
    def asked(self: Thing, other: object) -> Any:
        if not isinstance(other, Thing):
            return NotImplemented
        return type(self).sodakd_peer.ask(name, self, other)

    return asked


def _computes(name: str, *, swapped: bool) -> Callable[..., Any]:
    def asked(self: Thing, other: object) -> Any:
        pair = (other, self) if swapped else (self, other)
        found = type(self).sodakd_peer.ask(name, *pair)
        told = self.sodakd_told or (isinstance(other, Thing) and other.sodakd_told)
        if told or not isinstance(other, Thing):
            return _still_told(name, found, told=told or name in ("add", "sub"))
        return found

    return asked


def _still_told(name: str, found: object, *, told: bool = True) -> object:
    """An object that a class gave which was told a plain value: it could give a number to fit."""
    if not isinstance(found, Thing):
        raise TypeError(f"{name} of an object and a plain value gave a plain value")
    if told:
        object.__setattr__(found, "sodakd_told", True)
    return found


def _contains(self: Thing, item: object) -> bool:
    """As the class says, where the tests name it as a class; else they look for themselves."""
    if type(self).sodakd_named:
        return type(self).sodakd_peer.ask("contains", self, item) is True
    return any(found is item or found == item for found in self)  # type: ignore[attr-defined]


def _exit(self: Thing, *left_by: BaseException | None) -> Any:
    """Whether an exception ends here. What the tests themselves find wrong never does."""
    found = type(self).sodakd_peer.ask("exit", self, left_by[1])
    error = left_by[1]
    if isinstance(error, AssertionError) or not isinstance(error, Exception):
        return bool(found) and "sodakd_raised" in getattr(error, "__dict__", ())
    return found


def _left(thing: Any, error: BaseException | None) -> object:
    return type(thing).__exit__(thing, error and type(error), error, None)


def _plain(thing: object) -> list[object] | None:
    """The plain value in an object that has a class of its own."""
    if isinstance(thing, dict):
        return [dict(dict.items(thing))]
    if isinstance(thing, list):
        return [[*list.__iter__(thing)]]
    if isinstance(thing, set):
        return [{*set.__iter__(thing)}]
    if isinstance(thing, int):
        return [int.__add__(thing, 0)]
    if isinstance(thing, float):
        return [float.__add__(thing, 0.0)]
    if isinstance(thing, str):
        return [str.__str__(thing)]
    return [(*tuple.__iter__(thing),)] if isinstance(thing, tuple) else None


def _called(thing: Any, *arguments: object, **keywords: object) -> object:
    return thing(*arguments, **keywords)


_COMPUTED = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "mod", "pow", "matmul")},
    **{name: getattr(operator, name) for name in ("truediv", "floordiv", "lshift", "rshift")},
    **{"and": operator.and_, "or": operator.or_, "xor": operator.xor},
}
_READ = (len, iter, next, reversed, str, repr, bool, int, float, abs, hash)
_ORDERED = ("lt", "le", "gt", "ge")
_SIGNED = ("neg", "pos", "invert")
_SIZES = ("abs", "bool", "float", *_SIGNED)
"""What says how far an object is from a plain value."""

DONE: Mapping[str, Callable[..., Any]] = {
    **_COMPUTED,
    **{name: getattr(operator, name) for name in ("eq", "contains", *_ORDERED, *_SIGNED)},
    **{function.__name__: function for function in _READ},
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "get": getattr,
    "set": setattr,
    "call": _called,
    "enter": lambda thing: type(thing).__enter__(thing),
    "exit": _left,
    "wait": lambda thing: __import__("asyncio").run(thing),
    "plain": _plain,
}
"""What a side may be asked to do with what it handed out."""
SPECIAL: Mapping[str, Callable[..., Any]] = {
    **{f"__{function.__name__}__": _asks(function.__name__) for function in _READ},
    **{
        f"__{name}__": _asks(name)
        for name in ("call", "enter", "getitem", "setitem", "delitem", *_SIGNED)
    },
    **{f"__{name}__": _orders(name) for name in _ORDERED},
    **{f"__{name}__": _computes(name, swapped=False) for name in _COMPUTED},
    **{f"__r{name}__": _computes(name, swapped=True) for name in _COMPUTED},
    "__contains__": _contains,
    "__exit__": _exit,
}
"""Methods that operators look for in a class: a thing has those that its class has."""
