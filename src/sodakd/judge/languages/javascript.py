"""JavaScript (node): the program is a script beside a harness that nothing of it can reach.

Warm, node is started once and forked for every program; cold, it is started for each.
"""

import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sodakd.judge.inside.box import Box, BoxError, Limits
from sodakd.judge.inside.job import Job
from sodakd.judge.inside.native import Plan, build_and_run
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.inside.zygote import Forks, Zygote

WRONG = re.compile(r"AssertionError|Assertion failed")
MEMORY = re.compile(
    r"JavaScript heap out of memory|Array buffer allocation failed|Invalid typed array"
)

APART = re.compile(r"child_process|[\"'](?:node:)?cluster[\"']")
"""What a fork of node cannot do: start processes. Such programs get a node of their own."""


_NAME = re.compile(r"[\w$]+")
_NAMED = frozenset({"Array", "Boolean", "JSON", "Math", "Number", "Object", "String"}) | {
    "console", "globalThis", "process", "require",
}  # fmt: skip
"""Globals that tests compare and end by; where they name them, a program cannot redefine them."""


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Try one program."""
    return run(box, task, oom, task.code, task.script or "")


def run(
    box: Box,
    task: Task,
    oom: Callable[[], bool],
    program: str,
    tests: str,
    *,
    common: bool = False,
) -> Result:
    """Try a program of plain JavaScript: in a fork of a warm node where there is one."""
    asked = question(task, program, tests, common=common)
    cold = APART.search(program) or APART.search(tests)
    zygote, note = _warm(box, task) if task.warm and not cold else (None, "")
    if zygote is not None:
        try:
            return build_and_run(box, task, forked(task, zygote, asked), oom)
        except BoxError as error:
            note = _FORKS.lose(str(error))
    result = build_and_run(box, task, plan(task, asked), oom)
    return replace(result, notes=(note,)) if note else result


def question(task: Task, program: str | None, tests: str, *, common: bool = False) -> bytes:
    """What the harness is asked; without a program it takes the one of /tmp/program.js.

    `common`: modules too have what CommonJS gives a program.
    """
    asked = {
        "entry": task.entry_point,
        "calls": _marked(task.arguments),
        "common": common,
        "scripted": task.script is not None,
        "named": sorted(_NAMED.intersection(_NAME.findall(task.script or ""))),
        "tests": tests,
    }
    if program is not None:
        asked["program"] = program
    return json.dumps(asked).encode()


def _marked(value: Json | tuple["Json | tuple[Json, ...]", ...]) -> Json:
    """Arguments with the numbers marked that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"@number:{'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'}"
    if isinstance(value, dict):
        return {name: _marked(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(one) for one in value]
    return value


def plan(task: Task, asked: bytes) -> Plan:
    """How a program is run by a node of its own."""
    return Plan(
        files={"asked.json": asked},
        build=(),
        run=command(task),
        wrong=WRONG,
        memory=MEMORY,
        environment=environment(task),
        reserve=False,
    )


def forked(task: Task, zygote: Zygote, asked: bytes) -> Plan:
    """How a program is run by a fork of a warm node."""

    def start(job: Job, descriptors: Sequence[int], limits: Limits) -> int:
        handed = os.memfd_create("asked")
        try:
            os.write(handed, asked)
            os.lseek(handed, 0, os.SEEK_SET)
            return zygote.fork(job, (*descriptors, handed), limits, limits.output)
        finally:
            os.close(handed)

    return replace(plan(task, asked), files={}, start=start)


def environment(task: Task) -> Mapping[str, str]:
    """Where `require` looks for packages."""
    return {"NODE_PATH": task.tools["node_path"]}


def command(task: Task) -> tuple[str, ...]:
    """node with its harness."""
    heap = max(16, task.limits.memory // 2**20 * 3 // 4)
    return (
        task.tools["node"], "--single-threaded", f"--max-old-space-size={heap}",
        "--disable-proto=delete", "--no-warnings",
        "--experimental-vm-modules", task.tools["harness.js"],
    )  # fmt: skip


def _warm(box: Box, task: Task) -> tuple[Zygote | None, str]:
    """The warm node for a task, or None and why there is none."""
    node, *rest = command(task)
    # What it compiled it keeps, and finds without asking the linker again.
    warm = (node, "--no-flush-bytecode", *rest, task.tools["fork.node"])
    seen = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", **environment(task)}

    def test(zygote: Zygote) -> str:
        for code, expected in ((_GOOD, ""), (_BAD, "runtime_error")):
            trial = replace(task, entry_point="f", arguments=((1,),), script=None, code=code)
            asked = question(trial, code, "")
            result = build_and_run(box, trial, forked(trial, zygote, asked), lambda: False)
            if result.outcome != expected or (not expected and result.values != _GIVEN):
                return f"self-test: {result.outcome} {result.output}"
        return ""

    return _FORKS.of(box, warm, {**seen, "LD_BIND_NOW": "1"}, test)


_GOOD = "function f(x) { return Promise.resolve ? [x + 1, 'é'] : 0; }"
_GIVEN = '{"value":[2,"é"]}\n'
_BAD = "function f(x) { return g(x); }"
_FORKS = Forks("node cannot be forked here, each program starts its own")
"""The warm node of this worker."""
