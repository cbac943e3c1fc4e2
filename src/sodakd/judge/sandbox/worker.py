"""A worker: the process behind the outer wall that tries programs, one after the other.

`worker_process.py` starts it with a socket. Tasks come as a line of JSON, `batch`; so do results.
"""

import json
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypedDict

from sodakd.judge.languages.spec import language_spec
from sodakd.judge.sandbox.landlock import enter_landlock, raise_nothing, unused_ids
from sodakd.judge.sandbox.lint_runner import run_tool
from sodakd.judge.sandbox.namespaces import FIRST_FOREIGN_ID, enter_namespaces
from sodakd.judge.sandbox.sandbox import BoxError, Limits, Sandbox, SandboxState
from sodakd.judge.sandbox.seccomp import raise_filter
from sodakd.judge.sandbox.signature_check import signature_mismatch
from sodakd.judge.sandbox.task import Result, Task


class Start(TypedDict):
    """What a worker is started with: `socket` and others are descriptors, or -1; `language` is that
    of its programs, or "" where it has static tools."""

    socket: int
    language: str
    places: list[str]
    walls: str
    room: str
    library: str
    cgroup: int
    events: int
    statistics: int


class OomCounter:
    """Whether the kernel ended a program for its memory since this was asked last (cgroup)."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._seen = self._count()

    def _count(self) -> int:
        if self._events < 0:
            return 0
        lines = os.pread(self._events, 4096, 0).decode().splitlines()
        counts = dict(line.split() for line in lines if len(line.split()) == 2)
        return int(counts.get("oom_kill", 0))

    def __call__(self) -> bool:
        before, self._seen = self._seen, self._count()
        return self._seen > before


def _namespaces(start: Start) -> SandboxState:
    _join(start)  # before there are namespaces: our own folder is not seen from inside
    return SandboxState("namespaces", own_ids=enter_namespaces(start["places"], start["room"]))


def _landlock(start: Start) -> SandboxState:
    own_ids = unused_ids([*start["places"], start["room"]], start["room"])
    seen = enter_landlock(start["places"], start["room"])
    _join(start)  # who watches over us stays outside: nothing of ours takes memory from it
    return SandboxState("landlock", own_ids, FIRST_FOREIGN_ID, start["room"], seen)


def _none(start: Start) -> SandboxState:
    own_ids = unused_ids([*start["places"], start["room"]], start["room"])
    raise_nothing()
    _join(start)
    return SandboxState("none", own_ids, FIRST_FOREIGN_ID, start["room"])


def _join(start: Start) -> None:
    """All our programs are born into our control group: to move each of them would take longer than
    most of them run."""
    if start["cgroup"] >= 0:
        os.write(start["cgroup"], b"0")
        os.close(start["cgroup"])


_RAISED: Mapping[str, Callable[[Start], SandboxState]] = {
    "namespaces": _namespaces,
    "landlock": _landlock,
    "none": _none,
}
UNFIT = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip
"""What a language may raise for a task that it cannot write: its verdict says so."""
_FOLDERS = re.compile(r"/[^\s:]*sodakd-box-\w+/\d+")


def main() -> None:
    """Raise the wall, then try programs until the socket closes."""
    start: Start = json.loads(sys.argv[1])
    connection = socket.socket(fileno=start["socket"])
    connection.set_inheritable(False)
    spec = language_spec(start["language"]) if start["language"] else None
    try:
        walls = _RAISED[start["walls"]](start)
        raise_filter()
        box = Sandbox(start["library"], walls, statistics=start["statistics"])
    except OSError as error:
        connection.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        return
    killed = OomCounter(start["events"])

    def alone(task: Task) -> dict[str, object]:
        killed()  # what the kernel ended between two programs is no sign about the second
        try:
            assert spec is not None
            result = spec.run(box, task, killed)
        except UNFIT as error:
            why = f"the judge has no way to try it: {type(error).__name__}: {error}"
            result = Result("no_verdict", "run", why)
        if walls.alone:  # a job's folder is /tmp elsewhere, and has no name of its own
            result = replace(result, output=_FOLDERS.sub("/tmp", result.output))
        return {**vars(result)}

    def tried(batch: list[dict[str, object]]) -> dict[str, object]:
        tasks = [_task(asked) for asked in batch]
        said: dict[int, dict[str, object]] = {
            number: {"unfit": why}
            for number, task in enumerate(tasks)
            if (why := signature_mismatch(task))
        }
        fit = [number for number in range(len(tasks)) if number not in said]
        notes: tuple[str, ...] = ()
        if spec is not None and spec.run_together is not None and tasks[0].warm:
            with suppress(*UNFIT):  # each alone, below: which one it is
                found, note = spec.run_together(box, [tasks[number] for number in fit], killed)
                said |= {fit[at]: vars(one) for at, one in found.items()}
                notes = (note,) if note else ()
        results = [said.get(number) or alone(task) for number, task in enumerate(tasks)]
        return {"batch": [{**one, "notes": notes} if notes else one for one in results]}

    connection.sendall(b'{"ready": true}\n')
    for line in connection.makefile("rb"):
        asked = json.loads(line)
        try:
            reply = run_tool(box, asked["tool"]) if "tool" in asked else tried(asked["batch"])
        except (BoxError, OSError) as error:
            reply = {"failed": f"{type(error).__name__}: {error}"}
        try:
            connection.sendall(json.dumps(reply).encode() + b"\n")
        except BrokenPipeError:  # who asked was killed: nobody waits for an answer
            return


def _task(asked: dict[str, object]) -> Task:
    limits = Limits(**asked.pop("limits"))  # type: ignore[arg-type]
    arguments = tuple(tuple(call) for call in asked.pop("arguments"))  # type: ignore[attr-defined]
    given = asked.pop("stdin")
    stdin = tuple(given) if isinstance(given, list) else None
    return Task(**asked, limits=limits, arguments=arguments, stdin=stdin)  # type: ignore[arg-type]
