"""JavaScript (node): the program and its tests are scripts, or modules, in one context.

Warm, node is started once and forked for every program; cold, it is started for each.
"""

import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sodakd.judge.sandbox.accelerator import Accelerator, UnavailableError
from sodakd.judge.sandbox.build_run import BuildPlan, build_and_run
from sodakd.judge.sandbox.fork_server import ForkServer
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.json_values import Json
from sodakd.judge.sandbox.sandbox import BoxError, Limits, Sandbox
from sodakd.judge.sandbox.task import Result, Task

WRONG = re.compile(r"AssertionError|Assertion failed")
MEMORY = re.compile(
    r"JavaScript heap out of memory|Array buffer allocation failed|Invalid typed array"
)

APART = re.compile(r"child_process|[\"'](?:node:)?cluster[\"']")
"""What a fork of node cannot do: start processes. Such programs get a node of their own."""


def judge(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Try one program."""
    return run(box, task, oom, task.code, task.script or "")


def run(
    box: Sandbox,
    task: Task,
    oom: Callable[[], bool],
    program: str,
    tests: str,
    *,
    mark: str = "",
) -> Result:
    """Try a program of plain JavaScript: in a fork of a warm node where there is one."""
    asked = question(task, program, tests, mark=mark)
    if task.warm and not APART.search(program) and not APART.search(tests):
        with suppress(UnavailableError):
            zygote = _warm(box, task)
            try:
                return build_and_run(box, task, forked(task, zygote, asked), oom)
            except BoxError:
                _FORKS.close()
    result = build_and_run(box, task, plan(task, asked), oom)
    return replace(result, notes=(_FORKS.note,)) if _FORKS.note else result


def question(task: Task, program: str | None, tests: str, *, mark: str = "") -> bytes:
    """What the harness is asked; without a program it takes the one of /tmp/program.js.

    `mark`: the program is compiled from TypeScript, its tests begin after the line of this text,
    and its modules too have what CommonJS gives a program.
    """
    asked = {
        "entry": task.entry_point,
        "calls": _marked(task.arguments),
        "mark": mark,
        "scripted": task.script is not None,
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


def plan(task: Task, asked: bytes) -> BuildPlan:
    """How a program is run by a node of its own."""
    return BuildPlan(
        files={"asked.json": asked},
        build=(),
        run=command(task),
        wrong=WRONG,
        memory=MEMORY,
        environment=environment(task),
        reserve=False,
    )


def forked(task: Task, zygote: ForkServer, asked: bytes) -> BuildPlan:
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
        "--no-warnings", "--experimental-vm-modules", task.tools["harness.js"],
    )  # fmt: skip


def _warm(box: Sandbox, task: Task) -> ForkServer:
    """The warm node for a task. Raises `UnavailableError` where there is none."""
    node, *rest = command(task)
    # What it compiled it keeps, and finds without asking the linker again.
    warm = (node, "--no-flush-bytecode", *rest, task.tools["fork.node"])
    seen = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", **environment(task)}

    def test(zygote: ForkServer) -> None:
        for code, expected in ((_GOOD, ""), (_BAD, "runtime_error")):
            trial = replace(task, entry_point="f", arguments=((1,),), script=None, code=code)
            asked = question(trial, code, "")
            result = build_and_run(box, trial, forked(trial, zygote, asked), lambda: False)
            if result.outcome != expected or (not expected and result.values != _GIVEN):
                raise ValueError(f"self-test: {result.outcome} {result.output}")

    return _FORKS.of(warm, lambda: ForkServer(box, warm, {**seen, "LD_BIND_NOW": "1"}), test)


_GOOD = "function f(x) { return Promise.resolve ? [x + 1, 'é'] : 0; }"
_GIVEN = '{"value":[2,"é"]}\n'
_BAD = "function f(x) { return g(x); }"
_FORKS = Accelerator[ForkServer]("node")
"""The warm node of this worker."""
