"""Python: a small interpreter that is kept running forks itself for each program."""

import marshal
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sodakd.judge.languages.spec import LanguageSpec, Reference, Toolchain
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.judge.sandbox.warm_runtime import WarmRuntime
from sodakd.text.json_values import decode

_PACKAGE = str(Path(__file__).resolve().parents[2])


_MEMORY = re.compile(r"^MemoryError\b", re.MULTILINE)
"""What a program says that is run as a file."""


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Try one program."""
    plan = replace(_plan(task), warm=_command("main", box.path))
    return _PYTHON.result(box, task, plan, oom)


def _plan(task: Task) -> BuildPlan:
    asked: dict[str, object] = {"code": task.code, "entry_point": task.entry_point}
    if task.stdin is not None:
        asked = {"code": task.code}
    elif task.script is None:
        asked["arguments"] = [[decode(one) for one in call] for call in task.arguments]
    else:
        asked |= {"script": task.script, "as_main": task.as_main}
    return BuildPlan(
        run=_command("alone"),
        # Version 2 copies what is there twice: no call shall see what another did to its arguments.
        asked=marshal.dumps(asked, 2),
        environment={"PYTHONHASHSEED": "0"},
        memory=_MEMORY,
    )


def _command(function: str, *given: str) -> tuple[str, ...]:
    """An interpreter that starts by calling a function of `python_runner.py`."""
    main = (  # the folder that holds the package is not seen everywhere
        f"import sys; own = sys.modules['sodakd'] = type(sys)('sodakd');"
        f" own.__path__ = [{path_inside(_PACKAGE)!r}];"
        f" from sodakd.judge.sandbox.python_runner import {function}; {function}{given!r}"
    )
    return (path_inside(sys.executable), "-P", "-s", "-S", "-B", "-c", main)


_PYTHON = WarmRuntime(
    "Python",
    _plan,
    {"def f(x): return [x]": '{"value":[1]}', "f = g": "NameError"},
)
"""The warm interpreter of this worker."""

LANGUAGE = LanguageSpec(
    suffix="py",
    install="nothing: it is this interpreter",
    toolchain=lambda: Toolchain({}, (), {"python": platform.python_version()}),
    run=run,
    batch=8,
    reference=Reference(
        0.04,
        40_000,
        """\
def work(n):
    prime, count, steps = [True] * n, 0, 0
    for i in range(2, n):
        if prime[i]:
            count += 1
            for j in range(i * i, n, i):
                prime[j] = False
    values = sorted(i * 7919 % n for i in range(n))
    for i in range(1, n // 10):
        m = i
        while m != 1:
            m = m // 2 if m % 2 == 0 else 3 * m + 1
            steps += 1
    return count + values[n // 2] + steps
""",
    ),
)
