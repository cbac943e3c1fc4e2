"""JavaScript (node): the program is one function of a harness that nothing of it can reach."""

import json
import re
from collections.abc import Callable

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import Plan, build_and_run, script_of
from sodakd.judge.inside.task import Result, Task

WRONG = re.compile(r"AssertionError|Assertion failed")
MEMORY = re.compile(
    r"JavaScript heap out of memory|Array buffer allocation failed|Invalid typed array"
)


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Try one program."""
    return build_and_run(box, task, plan(task, task.code, script_of(task)), oom)


def plan(task: Task, code: str, script: str) -> Plan:
    """How a program in JavaScript is run."""
    asked = {"entry": task.entry_point, "calls": task.arguments, "scripted": task.script >= 0}
    files = {
        "program.js": code.encode(errors="surrogatepass"),
        "tests.js": script.encode(errors="surrogatepass"),
        "asked.json": json.dumps(asked).encode(),
    }
    heap = max(16, task.limits.memory // 2**20 * 3 // 4)
    run = (
        task.tools["node"], "--single-threaded", f"--max-old-space-size={heap}",
        "--disable-proto=delete", "--no-warnings", task.tools["harness.js"],
    )  # fmt: skip
    return Plan(
        files=files, build=(), run=run, wrong=WRONG, memory=MEMORY, reserve=False, processes=128
    )
