"""Split mode of Python: a program and its tests in two processes, with a socket between them.

The tests call what they name and the program defines; lines of JSON cross, with plain values alone.
A program cannot forge what it does not hold. Nothing but the standard library is imported here.
"""

import builtins
import json
import os
import symtable
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence

from sodakd.judge.inside.plain import Json, NotPlainError, decode, dump, encode
from sodakd.judge.inside.said import UNREAD, limit, raised

LINE = 16 * 2**20
"""Bytes that are read of one message at most."""

# --- the program -------------------------------------------------------------------------------


def space(*, as_main: bool) -> dict[str, object]:
    """Where a program's names are put: those of the module that was started, or of another."""
    if not as_main:
        return {"__name__": "solution"}
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    return vars(module)


def compiled(code: str, write: Callable[[bytes], object]) -> types.CodeType | None:
    """The program as Python reads it; None, and why is written, where it cannot be read."""
    try:
        return compile(code, "solution.py", "exec")
    except UNREAD as error:
        write(b"compile " + raised(error).encode(errors="replace"))
        return None


def serve(
    code: str, space: dict[str, object], socket: int, write: Callable[[bytes], object]
) -> None:
    """Define the program, then answer calls until the tests hang up."""
    program = compiled(code, write)
    if program is None:
        return
    asked = os.fdopen(socket, "rb")
    answers = os.fdopen(socket, "wb", buffering=0, closefd=False)
    try:
        exec(program, space)
        answers.write(dump({"ready": True}))
    except BaseException as error:
        answers.write(dump(_raised(error)))
    while line := asked.readline():
        request = json.loads(line)
        if "names" in request:
            answer: Json = [_named(name, space) for name in request["names"]]
        else:
            answer = _called(request, space)
        rest = memoryview(dump(answer))
        while rest:
            rest = rest[answers.write(rest) :]


def _named(name: str, space: Mapping[str, object]) -> dict[str, Json]:
    if name not in space:
        return {}
    found = space[name]
    if isinstance(found, types.ModuleType):
        return {"module": str(getattr(found, "__name__", ""))}
    return {"function": True} if callable(found) else _encoded(found)


_FIXED = frozenset({bool, int, float, str, type(None)})


def _called(request: Mapping[str, Json], space: Mapping[str, object]) -> dict[str, Json]:
    sent = request["arguments"]
    arguments, keywords = decode(sent), decode(request["keywords"])
    assert isinstance(arguments, list)
    assert isinstance(keywords, dict)
    try:
        found = space[str(request["name"])](*arguments, **keywords)  # type: ignore[operator]
    except BaseException as error:
        return _raised(error)
    reply = _encoded(found)
    if all(type(argument) in _FIXED for argument in arguments):
        return reply
    try:
        after = encode(arguments)
    except (NotPlainError, RecursionError):
        return reply
    return reply if dump(after) == dump(sent) else {**reply, "arguments": after}


def _encoded(value: object) -> dict[str, Json]:
    try:
        return {"value": encode(value)}
    except (NotPlainError, RecursionError) as error:
        return {"other": str(error)}


def _raised(error: BaseException) -> dict[str, Json]:
    kinds = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, 0)]
    return {"raised": kinds[0] if kinds else "Exception", "said": raised(error)}


# --- the tests ---------------------------------------------------------------------------------


class _GoneError(Exception):
    """The program ended, or stopped to speak as it must."""


class _Raised(Exception):
    """What the program raised: the nearest kind that Python has of itself, and its text."""

    def __init__(self, kind: object, said: str) -> None:
        super().__init__(said)
        self.kind = kind


def test(script: str, entry_point: str, socket: int) -> dict[str, Json]:
    """Run the script; names that neither it nor Python defines are the program's.

    So is the entry point, whatever Python has under that name.
    """
    space: dict[str, object] = {"__name__": "tests"}
    try:
        program = _Program(socket)
        space.update(program.named(free_names(script, entry_point)))
        exec(compile(script, "tests.py", "exec"), space)
    except _GoneError:
        return {"outcome": "gone", "output": ""}
    except _Raised as error:
        return {"outcome": "runtime_error", "output": str(error)}
    except NotPlainError as error:
        return {"outcome": "not_plain", "output": str(error)}
    except AssertionError as error:
        if "sodakd_raised" not in error.__dict__:
            return {"outcome": "wrong_answer", "output": raised(error)}
        return {"outcome": "runtime_error", "output": str(error)}
    except BaseException as error:
        return {"outcome": limit(error) or "runtime_error", "output": raised(error)}
    return {"outcome": "passed", "output": ""}


class _Program:
    """The program as its tests see it: names that can be called."""

    def __init__(self, socket: int) -> None:
        self._answers = os.fdopen(socket, "rb")
        self._asked = os.fdopen(socket, "wb", closefd=False)
        self._answer()

    def _ask(self, request: dict[str, Json]) -> Json:
        line = dump(request)
        try:
            self._asked.write(line)
            self._asked.flush()
        except OSError as error:
            raise _GoneError from error
        return self._answer()

    def _answer(self) -> Json:
        try:
            reply: Json = json.loads(self._answers.readline(LINE))
        except (OSError, ValueError, RecursionError) as error:
            raise _GoneError from error
        if isinstance(reply, dict) and "raised" in reply:
            kind = getattr(builtins, str(reply["raised"]), Exception)
            raise _Raised(kind, str(reply.get("said", "")))
        return reply

    def named(self, names: Sequence[str]) -> Iterator[tuple[str, object]]:
        """What stands under these names in the program, those that it lacks left out."""
        replies = self._ask({"names": [*names]})
        if not isinstance(replies, list) or len(replies) != len(names):
            raise _GoneError
        for name, reply in zip(names, replies, strict=True):
            if not isinstance(reply, dict):
                raise _GoneError
            if "function" in reply:
                yield name, self._function(name)
            elif "module" in reply:
                module = str(reply["module"])
                if module.partition(".")[0] in sys.stdlib_module_names:
                    yield name, __import__(module, fromlist=["*"])
            elif "value" in reply:
                yield name, decode(reply["value"])

    def _function(self, name: str) -> Callable[..., object]:
        def call(*arguments: object, **keywords: object) -> object:
            request = {
                "name": name, "arguments": encode([*arguments]), "keywords": encode(keywords)
            }  # fmt: skip
            try:
                reply = self._ask(request)
            except _Raised as raised:
                raise _as_builtin(raised) from None
            if not isinstance(reply, dict):
                raise _GoneError
            if "value" not in reply:
                raise AssertionError(f"{name} gave {reply.get('other', 'nothing plain')}")
            if "arguments" in reply:
                _bring_back(arguments, decode(reply["arguments"]))
            return decode(reply["value"])

        call.__name__ = name
        return call


def _as_builtin(raised: _Raised) -> BaseException:
    kind = raised.kind
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(str(raised))
        except TypeError:  # UnicodeDecodeError and its like take more than a text
            error = ValueError(str(raised))
    else:
        error = RuntimeError(str(raised))
    error.__dict__["sodakd_raised"] = True
    return error


def _bring_back(ours: tuple[object, ...], theirs: object) -> None:
    """A function may change its lists, dicts and sets in place: do the same to the tests'."""
    assert isinstance(theirs, list)
    for old, new in zip(ours, theirs, strict=True):
        if isinstance(old, list) and isinstance(new, list):
            old[:] = new
        elif isinstance(old, (dict, set)) and type(old) is type(new):
            old.clear()
            old.update(new)


def free_names(script: str, entry_point: str) -> list[str]:
    """The names that a script uses and Python does not define, and the entry point where used."""
    top = symtable.symtable(script, "tests.py", "exec")
    used: dict[str, None] = {}
    tables = [top]
    for table in tables:  # grows meanwhile
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used[symbol.get_name()] = None
    return [name for name in used if name == entry_point or not hasattr(builtins, name)]
