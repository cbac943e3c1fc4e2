"""Two processes that use each other's objects: plain values cross, all others stay where they are.

Each side keeps what it handed out and answers for it; the other holds a `Thing` that asks. So tests
make objects of a program's classes, call their methods, iterate over its generators and hand it
functions of theirs, and the program still holds none of the tests.

A thing never answers for itself where it meets a plain value: it equals only the plain value that
it holds (a list that has a class of its own), and an operator between the two must give a thing
again. So an object that is always equal, or whose difference to anything is 0, is found out.

A line of JSON is a request, `{"do": ..., "with": [...]}`, or the answer to the last one. Nothing
but the standard library is imported here.
"""

import contextlib
import io
import json
import marshal
import os
import sys
from _thread import RLock
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from sodakd.judge.inside.crossing import Objects, UnreadError, of_python
from sodakd.judge.inside.plain import Json, dump
from sodakd.judge.inside.said import flush
from sodakd.judge.inside.thing import DONE, NAMES, Kind

LINE = 16 * 2**20
"""Bytes that are read of one message at most."""
_DEEPEST = 200
"""Calls that may stand within each other, from one side to the other and back."""


class GoneError(BaseException):
    """The other side ended, or stopped to speak as it must."""


class Peer:
    """One side of the socket.

    `names` are what the other side may ask for by name. `guarded`: the other side is a program, and
    gets no more of us than calls of our functions and the public parts of the tests' own objects.
    """

    def __init__(
        self, socket: int, names: Mapping[str, object] | None = None, *, guarded: bool
    ) -> None:
        self._answers = os.fdopen(socket, "rb")
        self._asked = os.fdopen(socket, "wb", buffering=0, closefd=False)
        self._names = names or {}
        self._guarded = guarded
        self._stdout = sys.stdout
        self._objects = Objects(self, guarded=guarded)
        self._depth = 0
        self._lock = RLock()
        self.asked = 0
        """How often something was asked for, names aside."""
        self.gone = False
        """Whether the other side has ended: nothing that tests catch undoes that."""

    def ask(self, what: str, /, *given: object, **keywords: object) -> Any:
        """Have the other side do something. Raises what that raised, and `GoneError`."""
        self.asked += 1
        return self._ask(what, given, keywords)

    def named(self, names: Sequence[str]) -> dict[str, object]:
        """What the other side has under these names, those that it lacks left out."""
        replies = self._ask("names", names, {})
        if not isinstance(replies, list) or len(replies) != len(names):
            raise self._lost()
        found = {name: held[0] for name, held in zip(names, replies, strict=True) if held}
        for value in found.values():
            if isinstance(value, Kind):
                value.sodakd_named = _names_class(value.__name__)
        return found

    def answer(self) -> Any:
        """The other side's answer; what it asks meanwhile is done."""
        return self._got(self._answer("").get("gave"))

    def serve(self) -> None:
        """Do what the other side asks until it hangs up."""
        while line := self._answers.readline(LINE):
            self._send(self._done(json.loads(line)))

    def ready(self) -> None:
        """Tell the other side that it may ask."""
        self._send({"gave": None})

    def failed(self, error: BaseException) -> None:
        """Tell the other side that this was raised."""
        self._send(self._objects.raised(error))

    async def awaited(self, number: int) -> object:
        """The value of the other side's coroutine."""
        self.asked += 1
        self._send({"do": "wait", "with": [{"yours": number}], "keywords": {"dict": []}})
        return self._got(self._answer("wait").get("gave"))

    def _ask(self, what: str, given: Sequence[object], keywords: Mapping[str, object]) -> Any:
        with self._lock:
            sent = self._objects.sent
            request = {"do": what, "with": sent([*given]), "keywords": sent({**keywords})}
            self._send({**request, "hear": True} if sys.stdout is not self._stdout else request)
            reply = self._answer(what)
            if "printed" in reply:
                sys.stdout.write(str(reply["printed"]))
            if "after" in reply:
                self._bring_back(given[1:], self._got(reply["after"]))
            return self._got(reply.get("gave"))

    def _answer(self, what: str) -> dict[str, Json]:
        while True:
            reply = self._read()
            if "do" in reply:
                self._send(self._done(reply))
            elif "raised" in reply:
                raise self._failure(what, reply)
            else:
                return reply

    def _failure(self, what: str, reply: dict[str, Json]) -> BaseException:
        try:
            error = self._objects.error(reply)
        except UnreadError as unread:
            raise self._lost() from unread
        end = {"next": StopIteration, "anext": StopAsyncIteration}.get(what, ())
        if isinstance(error, end) or not isinstance(error, (StopIteration, StopAsyncIteration)):
            return error
        # Whoever makes calls in an iterator would take it for its end, and for no failure.
        failure = RuntimeError(f"{what} raised {type(error).__name__}")
        failure.__dict__.update(error.__dict__)
        return failure

    def _lost(self) -> GoneError:
        self.gone = True
        return GoneError()

    def _read(self) -> dict[str, Json]:
        try:
            reply = None if self.gone else json.loads(self._answers.readline(LINE))
        except (OSError, ValueError, RecursionError) as error:
            raise self._lost() from error
        if not isinstance(reply, dict):
            raise self._lost()
        return reply

    def _send(self, message: Mapping[str, Json]) -> None:
        if not self._guarded:
            flush(self._stdout)
        rest = memoryview(dump({**message}))
        try:
            while rest:
                rest = rest[self._asked.write(rest) :]
        except OSError as error:
            raise self._lost() from error

    def _done(self, request: Mapping[str, Json]) -> dict[str, Json]:
        heard = io.StringIO() if "hear" in request else None
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise RecursionError("calls within calls")
            with contextlib.redirect_stdout(heard) if heard else contextlib.nullcontext():
                reply = self._gave(str(request["do"]), request["with"], request["keywords"])
        except GoneError:
            raise
        except BaseException as error:
            reply = self._objects.raised(error)
        self._depth -= 1
        return {**reply, "printed": heard.getvalue()} if heard else reply

    def _gave(self, what: str, sent: Json, named: Json) -> dict[str, Json]:
        given, keywords = self._got(sent), self._got(named)
        if what == "names":
            held = [[self._names[name]] if name in self._names else [] for name in given]
            return {"gave": self._objects.sent(held)}
        if self._guarded:
            self._permit(what, *given[:2])
        found = DONE[what](*given, **keywords)
        if what != "call":
            return {"gave": self._objects.sent(found)}
        made = type(found) is given[0] and not of_python(given[0])
        made = made and not isinstance(found, BaseException)
        gave = self._objects.kept(found) if made else self._objects.sent(found)
        reply: dict[str, Json] = {"gave": gave}
        if any(isinstance(value, (list, dict, set)) for value in given[1:]):
            after = self._objects.sent(given[1:])
            if isinstance(sent, list) and _written(after) != _written(sent[1:]):
                reply["after"] = after
        return reply

    def _got(self, sent: Json) -> Any:
        try:
            return self._objects.got(sent)
        except UnreadError as error:
            raise self._lost() from error

    def _permit(self, what: str, target: object, name: object = None) -> None:
        if isinstance(target, type):
            own = target.__module__ == "tests" and not issubclass(target, type)
            allowed = what == "call" and own
        else:
            # A mock's own attributes say how it was called: a program gets what it mocks alone.
            mocked = type(target).__module__ == "unittest.mock" and what == "get"
            looks = what in ("get", "set", "copy", "deepcopy")
            public = not str(name).startswith("_")
            allowed = not looks or (public and type(target).__module__ == "tests")
            allowed = allowed or (public and mocked and not hasattr(type(target), str(name)))
            allowed = allowed or (
                what == "get" and isinstance(target, FunctionType) and name in NAMES
            )
        if not allowed:
            raise AttributeError(f"{what} is not for a program to ask")

    def _bring_back(self, ours: Sequence[object], theirs: object) -> None:
        """A function may change its lists, dicts and sets in place: do the same to ours."""
        if not isinstance(theirs, list) or len(theirs) != len(ours):
            raise self._lost()
        for old, new in zip(ours, theirs, strict=True):
            if isinstance(old, list) and isinstance(new, list):
                old[:] = new
            elif isinstance(old, (dict, set)) and type(old) is type(new):
                old.clear()
                old.update(new)


def _names_class(name: str) -> bool:
    """Whether a name says that it is a class: a function may be one in disguise, or give one."""
    return name.lstrip("_")[:1].isupper() and name != "Solution"


def _written(value: Json) -> bytes:
    """Tells 1 from 1.0 and from True, as `==` does not; in a third of the time that JSON takes."""
    return marshal.dumps(value, 2)  # without references: the same for what is equal
