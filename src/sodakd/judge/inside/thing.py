"""An object of another process: what is done to it is asked of that process (`peer.py`).

Nothing but the standard library is imported here.
"""

import operator
import types
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, Protocol


class Asked(Protocol):
    """Who asks the other process."""

    def ask(self, what: str, /, *given: object, **keywords: object) -> Any: ...


class Kind(type):
    """The class of a thing, with the name and the bases of the other side's. A call makes one."""

    sodakd_peer: Asked
    sodakd_number: int
    sodakd_named: bool
    """Whether the tests use it by its name."""

    def __call__(cls, /, *arguments: Any, **keywords: Any) -> Any:
        if "sodakd_raised" in keywords:  # an error that was raised there
            return type.__call__(cls, *arguments)
        made = cls.sodakd_peer.ask("call", cls, *arguments, **keywords)
        if isinstance(made, BaseException):
            made.__dict__.pop("sodakd_raised", None)  # it was made there, and not raised
        return made

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(("__", "sodakd_")):
            raise AttributeError(name)
        return cls.sodakd_peer.ask("get", cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        if name.startswith(("__", "sodakd_")) or "sodakd_peer" not in vars(cls):
            type.__setattr__(cls, name, value)
        else:
            cls.sodakd_peer.ask("set", cls, name, value)

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls.sodakd_peer.ask("iter", cls))

    def __getitem__(cls, name: object) -> Any:
        return cls.sodakd_peer.ask("getitem", cls, name)

    def __len__(cls) -> int:
        return int(cls.sodakd_peer.ask("len", cls))

    def __bool__(cls) -> bool:
        return True


class Thing(metaclass=Kind):
    """An object of the other side."""

    sodakd_told: tuple[str, ...] = ()
    """What must not give a plain value: its class was told one, as that of a difference is."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in (*NAMES, "__wrapped__"):
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


NAMES = ("__name__", "__qualname__", "__doc__")
"""What a function tells about itself."""


def _asks(name: str) -> Callable[..., Any]:
    def asked(self: Thing, /, *rest: object, **keywords: object) -> Any:
        found = type(self).sodakd_peer.ask(name, self, *rest, **keywords)
        return _still_told(name, found, self.sodakd_told) if name in self.sodakd_told else found

    return asked


def _asks_later(name: str) -> Callable[..., Any]:
    async def asked(self: Thing) -> Any:
        return type(self).sodakd_peer.ask(name, self)

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
        told = self.sodakd_told or (other.sodakd_told if isinstance(other, Thing) else ())
        if told or not isinstance(other, Thing):
            return _still_told(name, found, told or _TELLS.get(name, ()))
        return found

    return asked


def _still_told(name: str, found: object, told: tuple[str, ...]) -> object:
    """An object that a class gave which was told a plain value: it could give a number to fit."""
    if not isinstance(found, Thing):
        raise TypeError(f"{name} of an object and a plain value gave a plain value")
    if told:
        object.__setattr__(found, "sodakd_told", told)
    return found


def _contains(self: Thing, item: object) -> bool:
    """As the class says, where the tests name it as a class; else they look for themselves."""
    if type(self).sodakd_named:
        return type(self).sodakd_peer.ask("contains", self, item) is True
    return any(found is item or found == item for found in self)  # type: ignore[attr-defined]


def _exit(self: Thing, *left_by: BaseException | None, what: str = "exit") -> Any:
    """Whether an exception ends here. What the tests themselves find wrong never does."""
    found = type(self).sodakd_peer.ask(what, self, left_by[1])
    error = left_by[1]
    if isinstance(error, AssertionError) or not isinstance(error, Exception):
        return bool(found) and "sodakd_raised" in getattr(error, "__dict__", ())
    return found


async def _exit_later(self: Thing, *left_by: BaseException | None) -> Any:
    return _exit(self, *left_by, what="aexit")


def _waited(coroutine: Coroutine[Any, Any, Any]) -> object:
    """The value of a coroutine, in a loop that is kept: where one runs, in another within it."""
    asyncio = __import__("asyncio")
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    loop = _IDLE.pop() if _IDLE else asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        _IDLE.append(loop)
        asyncio._set_running_loop(running)


_IDLE: list[Any] = []


def _left_later(thing: Any, error: BaseException | None) -> object:
    return _waited(type(thing).__aexit__(thing, error and type(error), error, None))


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


def _called(thing: Any, /, *arguments: object, **keywords: object) -> object:
    return thing(*arguments, **keywords)


_COMPUTED = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "mod", "pow", "matmul")},
    **{name: getattr(operator, name) for name in ("truediv", "floordiv", "lshift", "rshift")},
    **{name: getattr(operator, name) for name in ("iadd", "isub", "imul", "iand", "ior")},
    **{"and": operator.and_, "or": operator.or_, "xor": operator.xor},
}
_READ = (len, iter, next, reversed, str, repr, bool, int, float, abs, hash, round, format)
_ORDERED = ("lt", "le", "gt", "ge")
_SIGNED = ("neg", "pos", "invert")
_SIZES = ("abs", "float", "round", *_SIGNED)
_TELLS = {"add": _SIZES, **dict.fromkeys(("sub", "isub", "xor"), (*_SIZES, "bool", "len"))}
"""What says how far an object is from a plain value, after which operators."""

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
    "wait": _waited,
    "aiter": lambda thing: type(thing).__aiter__(thing),
    "anext": lambda thing: _waited(type(thing).__anext__(thing)),
    "aenter": lambda thing: _waited(type(thing).__aenter__(thing)),
    "aexit": _left_later,
    "index": operator.index,
    "copy": lambda thing: __import__("copy").copy(thing),
    "deepcopy": lambda thing: __import__("copy").deepcopy(thing),
    "plain": _plain,
}
"""What a side may be asked to do with what it handed out."""
SPECIAL: Mapping[str, Callable[..., Any]] = {
    **{f"__{function.__name__}__": _asks(function.__name__) for function in _READ},
    **{
        f"__{name}__": _asks(name)
        for name in ("call", "enter", "getitem", "setitem", "delitem", "aiter", "index", *_SIGNED)
    },
    **{f"__{name}__": _asks_later(name) for name in ("anext", "aenter")},
    **{f"__{name}__": _orders(name) for name in _ORDERED},
    **{f"__{name}__": _computes(name, swapped=False) for name in _COMPUTED},
    **{f"__r{name}__": _computes(name, swapped=True) for name in _COMPUTED},
    "__contains__": _contains,
    "__exit__": _exit,
    "__aexit__": _exit_later,
}
"""Methods that operators look for in a class: a thing has those that its class has."""
ALWAYS: Mapping[str, Any] = {
    "__doc__": property(lambda self: type(self).sodakd_peer.ask("get", self, "__doc__")),
    "__copy__": _asks("copy"),
    "__deepcopy__": lambda self, _: type(self).sodakd_peer.ask("deepcopy", self),
}
"""What each thing has."""
AS_GENERATOR = {"__class__": property(lambda _: types.GeneratorType)}
"""What a generator has too: tests ask whether it is one."""
