"""A worker: the process behind the outer wall that tries programs, one after the other.

`worker_process.py` starts it with a socket. Tasks come as a line of JSON, `batch`; so do results.
"""

import json
import os
import re
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypedDict

from sodakd.judge.languages.spec import language_spec
from sodakd.judge.sandbox.landlock import enter_landlock, raise_nothing, unused_ids
from sodakd.judge.sandbox.lint_runner import run_tool
from sodakd.judge.sandbox.memory import oom_kills
from sodakd.judge.sandbox.namespaces import enter_namespaces
from sodakd.judge.sandbox.sandbox import Limits, Sandbox, SandboxState
from sodakd.judge.sandbox.seccomp import raise_filter
from sodakd.judge.sandbox.signature_check import signature_mismatch
from sodakd.judge.sandbox.task import Result, Task


class Start(TypedDict):
    """What a worker is started with: `socket` is a descriptor, as are those of the `cgroup`, or -1;
    `language` is that of its programs, or "" where it has static tools."""

    socket: int
    language: str
    places: list[str]
    walls: str
    room: str
    library: str
    cgroup: tuple[int, int, int]


class OomCounter:
    """Whether the kernel ended a program for its memory since this was asked last (cgroup)."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._seen = oom_kills(events)

    def __call__(self) -> bool:
        before, self._seen = self._seen, oom_kills(self._events)
        return self._seen > before


def _raise_walls(start: Start) -> SandboxState:
    """Shut this process off, and join the control group: all our programs are born into it, as to
    move each of them would take longer than most of them run."""
    kind, places, room = start["walls"], start["places"], start["room"]
    if kind == "namespaces":
        _join(start)  # before there are namespaces: our own folder is not seen from inside
        return SandboxState(kind, own_ids=enter_namespaces(places, room))
    own_ids = unused_ids([*places, room], room)
    seen = enter_landlock(places, room) if kind == "landlock" else raise_nothing()
    _join(start)  # who watches over us stays outside: nothing of ours takes memory from it
    return SandboxState(kind, own_ids, room, seen)


def _join(start: Start) -> None:
    joined, *_ = start["cgroup"]
    if joined >= 0:
        os.write(joined, b"0")
        os.close(joined)


UNFIT = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip
"""What a language may raise for a task that it cannot write: its verdict says so."""
_FOLDERS = re.compile(r"/[^\s:]*sodakd-box-\w+/\d+")


def main() -> None:
    """Raise the wall, then try programs until the socket closes."""
    start: Start = json.loads(sys.argv[1])
    _, events, statistics = start["cgroup"]
    connection = socket.socket(fileno=start["socket"])
    connection.set_inheritable(False)
    spec = language_spec(start["language"]) if start["language"] else None
    try:
        walls = _raise_walls(start)
        raise_filter()
        box = Sandbox(start["library"], walls, statistics=statistics)
    except OSError as error:
        connection.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        return
    killed = OomCounter(events)

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

    def tried(batch: list[dict[str, Any]]) -> dict[str, object]:
        tasks = [Task(**{**asked, "limits": Limits(**asked["limits"])}) for asked in batch]
        said: dict[int, dict[str, object]] = {
            number: {"unfit": why}
            for number, task in enumerate(tasks)
            if (why := signature_mismatch(task))
        }
        fit = [number for number in range(len(tasks)) if number not in said]
        if spec is not None and spec.run_together is not None and tasks[0].warm:
            with suppress(*UNFIT):  # each alone, below: which one it is
                found = spec.run_together(box, [tasks[number] for number in fit], killed)
                said |= {fit[at]: vars(one) for at, one in found.items()}
        return {"batch": [said.get(number) or alone(task) for number, task in enumerate(tasks)]}

    connection.sendall(b'{"ready": true}\n')
    for line in connection.makefile("rb"):
        asked = json.loads(line)
        try:
            reply = run_tool(box, **asked["tool"]) if "tool" in asked else tried(asked["batch"])
        except OSError as error:
            reply = {"failed": f"{type(error).__name__}: {error}"}
        try:
            connection.sendall(json.dumps(reply).encode() + b"\n")
        except BrokenPipeError:  # who asked was killed: nobody waits for an answer
            return
