"""What crosses between two processes: values as JSON, and objects as the numbers they have here.

Nothing but the standard library is imported here.
"""

import builtins
import enum
import sys
import types
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from sodakd.judge.inside import said
from sodakd.judge.inside.plain import Json, NotPlainError, decode, encode
from sodakd.judge.inside.thing import ALWAYS, AS_GENERATOR, SPECIAL, Kind, Thing


class UnreadError(Exception):
    """What the other side sent has no meaning."""


class Asker(Protocol):
    """Who asks the other side."""

    def ask(self, what: str, /, *given: object, **keywords: object) -> Any: ...
    def awaited(self, number: int) -> Coroutine[Any, Any, object]: ...


class Objects:
    """The objects that a side has handed out, and those of the other side that it knows.

    `guarded`: the other side is a program. It may name no function of ours.
    """

    def __init__(self, peer: Asker, *, guarded: bool) -> None:
        self._peer = peer
        self._guarded = guarded
        self._all: list[object] = []
        self._numbers: dict[int, int] = {}
        self._things: dict[int, object] = {}

    def sent(self, value: object) -> Json:
        """A value as JSON."""
        return encode(value, self._sent_object)

    def _sent_object(self, value: object) -> object:
        """What is of no plain type, as JSON; it is kept here."""
        if isinstance(value, (Thing, Kind)):
            return {"yours": value.sodakd_number}
        if isinstance(value, BaseException):
            return {"error": self.raised(value)}
        if isinstance(value, types.ModuleType) and not self._guarded:
            return {"module": value.__name__}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"fields": [type(value).__name__, [*value._fields], self.sent([*value])]}
        place = of_python(type(value)) or ("", "")
        if place in _STANDARD:
            return {"made": [*place, self.sent([*_STANDARD[place](value)])]}
        if isinstance(value, _HELD) and (self._guarded or not isinstance(value, enum.Enum)):
            return NotImplemented
        name = of_python(value)
        if name and (self._guarded or (name[0] == "builtins" and isinstance(value, type))):
            return {"named": [*name]}
        return self.kept(value)

    def kept(self, value: object) -> Json:
        """An object as the number it has here."""
        if isinstance(value, type):
            return {"kind": self._described(value)}
        number, _ = self._number(value)
        if isinstance(value, types.CoroutineType):
            return {"awaited": number}
        return {"thing": [number, self._described(type(value))]}

    def _number(self, value: object) -> tuple[int, bool]:
        """The number of an object that is kept here, and whether it was before."""
        number = self._numbers.get(id(value))
        if number is not None:
            return number, True
        self._numbers[id(value)] = len(self._all)
        self._all.append(value)
        return len(self._all) - 1, False

    def _described(self, kind: type) -> Json:
        """A class: its number, name, operators and bases; from the second time on its number."""
        number, known = self._number(kind)
        if known:
            return number
        special: list[Json] = [name for name in SPECIAL if getattr(kind, name, None) is not None]
        bases: list[Json] = [
            ".".join(of_python(base) or ()) or self._described(base) for base in kind.__bases__
        ]
        return [number, kind.__name__, special, bases]

    def got(self, value: Json) -> Any:
        """The value that the other side sent. Raises `UnreadError`."""
        try:
            return decode(value, self._got_object)
        except (Exception, SystemExit) as error:  # modules may end as they are imported
            if isinstance(error, MemoryError):
                raise
            raise UnreadError from error

    def _got_object(self, tag: str, content: Any) -> object:
        if tag == "yours":
            return self._all[content]
        if tag == "thing":
            return self._thing(*content)
        if tag == "kind":
            return self._kind(content)
        if tag == "awaited":
            return self._peer.awaited(content)
        if tag == "error":
            return self.error(content)
        if tag == "fields":
            name, fields, items = content
            return __import__("collections").namedtuple(name, fields)(*self.got(items))
        if tag == "made" and (content[0], content[1]) in _STANDARD:
            module, name, given = content
            return getattr(__import__(module), name)(*self.got(given))
        if tag == "module" and content.partition(".")[0] in sys.stdlib_module_names - {"idlelib"}:
            return __import__(content, fromlist=["*"])
        if tag == "named":
            return self._python(*content)
        raise LookupError(tag)

    def _python(self, module: str, name: str) -> object:
        found = getattr(__import__(module, fromlist=["*"]), name) if not self._guarded else None
        found = getattr(builtins, name) if module == "builtins" else found
        if self._guarded and not isinstance(found, type):
            raise LookupError(name)
        return found

    def _thing(self, number: int, kind: Any) -> object:
        known = self._kind(kind)
        if number not in self._things:
            thing: Any = object.__new__(known)  # type: ignore[arg-type]
            object.__setattr__(thing, "sodakd_number", int(number))
            self._things[number] = thing
        return self._things[number]

    def _kind(self, described: Any) -> Kind:
        if isinstance(described, list):
            number, name, special, bases = described
            ours = [self._kind(base) for base in bases if not isinstance(base, str)]
            parts = [base.rpartition(".") for base in bases if isinstance(base, str)]
            theirs = [error for part in parts if (error := _standard(part[0], part[2]))]
            errors = [*filter(lambda base: issubclass(base, BaseException), ours), *theirs]
            if errors:
                made = Kind(name, (*errors,), {"__str__": _text})
            else:
                own = {**ALWAYS, **(AS_GENERATOR if name == "generator" else {})}
                own |= {method: SPECIAL[method] for method in special if method in SPECIAL}
                made = Kind(name, tuple(ours) or (Thing,), own)
            made.sodakd_peer, made.sodakd_number = self._peer, int(number)
            made.sodakd_named = False
            self._things[made.sodakd_number] = made
            return made
        found = self._things[described]
        if not isinstance(found, Kind):
            raise LookupError(described)
        return found

    def raised(self, error: BaseException) -> dict[str, Json]:
        """An exception as JSON."""
        places = filter(None, map(of_python, type(error).__mro__))
        reply: dict[str, Json] = {"raised": [[*place] for place in places]}
        reply["said"] = said.raised(error)
        try:
            if not of_python(type(error)):
                reply["kind"] = self.sent(type(error))
                reply["text"] = str(error)
            if error.__cause__ is not None:
                reply["cause"] = self.raised(error.__cause__)
            own = {key: value for key, value in vars(error).items() if not key.startswith("_")}
            send = encode if self._guarded else self.sent
            return {**reply, "given": send([*error.args]), "own": send(own)}
        except NotPlainError:
            return reply
        except (Exception, *_ENDS):  # its text may raise, a chain of causes may have no end
            return {"raised": reply["raised"], "said": reply["said"]}

    def error(self, reply: Mapping[str, Any]) -> BaseException:
        """The exception that the other side sent; `sodakd_raised` is its text with the line.

        Raises `UnreadError`. One that ends a process or a generator crosses as a `RuntimeError`.
        """
        try:
            return self._error(reply)
        except Exception as error:
            raise UnreadError from error

    def _error(self, reply: Mapping[str, Any]) -> BaseException:
        text = str(reply.get("said", ""))
        given, own = self.got(reply.get("given")), self.got(reply.get("own"))
        kinds = [self.got(reply["kind"])] if "kind" in reply else []
        kinds = kinds or [_standard(*place) for place in reply["raised"]]
        kind = next(filter(_harmless, kinds), None)
        if kind is None:
            kind, given = RuntimeError, [text]
        given = given if isinstance(given, list) else [text]
        try:
            mark = {"sodakd_raised": True} if isinstance(kind, Kind) else {}
            error = kind(*given, **mark)
        except TypeError:  # some take more than their arguments, a JSONDecodeError say
            error = kind.__new__(kind, *given) if "given" in reply else ValueError(text)
        error.__dict__.update({**own} if isinstance(own, dict) else {}, sodakd_raised=text)
        if "text" in reply:
            error.__dict__["sodakd_text"] = str(reply["text"])
        if "cause" in reply:
            error.__cause__ = self._error(reply["cause"])
        return error


_ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)


def _harmless(kind: object) -> bool:
    """Whether a program may raise it in the tests: they end by no exception of its."""
    is_error = isinstance(kind, type) and issubclass(kind, Exception)
    return kind is SystemExit or (is_error and not issubclass(kind, _ENDS))  # type: ignore[arg-type]


def _text(error: BaseException) -> str:
    """As its class says."""
    return str(error.__dict__.get("sodakd_text", Exception.__str__(error)))


def _standard(module: str, name: str) -> Any:
    """An exception of Python's own that is loaded here, or None. Those of unittest steer it."""
    if module.partition(".")[0] not in sys.stdlib_module_names - {"unittest"}:
        return None
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


_HELD = (list, tuple, dict, set, frozenset, bytes, bytearray, int, float, str, complex)
"""An object of a class of its own crosses as the plain value that it holds."""
_STANDARD: Mapping[tuple[str, str], Callable[[Any], Sequence[object]]] = {
    ("builtins", "slice"): lambda value: (value.start, value.stop, value.step),
    ("builtins", "range"): lambda value: (value.start, value.stop, value.step),
    ("collections", "Counter"): lambda value: ({**value},),
    ("collections", "OrderedDict"): lambda value: ([*value.items()],),
    ("collections", "deque"): lambda value: ([*value], value.maxlen),
    ("datetime", "date"): lambda value: (value.year, value.month, value.day),
    ("datetime", "datetime"): lambda value: (
        *value.timetuple()[:6],
        value.microsecond,
        value.tzinfo and __import__("datetime").timezone(value.utcoffset()),
    ),
    ("datetime", "time"): lambda value: (
        *(value.hour, value.minute, value.second, value.microsecond),
    ),
    ("datetime", "timezone"): lambda value: (value.utcoffset(None),),
    ("datetime", "timedelta"): lambda value: (value.days, value.seconds, value.microseconds),
    ("decimal", "Decimal"): lambda value: (str(value),),
    ("fractions", "Fraction"): lambda value: (value.numerator, value.denominator),
    ("pathlib", "PosixPath"): lambda value: (str(value),),
    ("uuid", "UUID"): lambda value: (str(value),),
}
"""Values of Python's own classes that are made anew, from these arguments."""


def of_python(value: object) -> tuple[str, str] | None:
    """Where Python itself has a class or a function, or None."""
    if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return None
    module, name = getattr(value, "__module__", None), value.__name__
    if not isinstance(module, str) or module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    return (module, name) if getattr(sys.modules.get(module), name, None) is value else None
