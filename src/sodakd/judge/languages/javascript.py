"""JavaScript (node): the program and its tests are scripts, or modules, in one context."""

import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from sodakd.judge.build_cache import SANDBOX, build_sandbox_library, tool_output, which
from sodakd.judge.languages.spec import LanguageSpec, Reference, Toolchain
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.judge.sandbox.warm_runtime import WarmRuntime
from sodakd.text.json_values import Json

WRONG = re.compile(r"AssertionError|Assertion failed")
MEMORY = re.compile(
    r"JavaScript heap out of memory|Array buffer allocation failed|Invalid typed array"
)

APART = re.compile(r"child_process|[\"'](?:node:)?cluster[\"']")
"""What a fork of node cannot do: start processes. Such programs get a node of their own."""


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Try one program."""
    return run_plan(box, task, oom, plan_of(task, task.code), f"{task.code}\n{task.script or ''}")


def run_plan(
    box: Sandbox, task: Task, oom: Callable[[], bool], plan: BuildPlan, source: str
) -> Result:
    """Try a plan of plain JavaScript (`source`), in a fork of a warm node where there is one."""
    if APART.search(source):
        task = replace(task, warm=False)
    return _NODE.result(box, task, plan, oom)


def _marked(value: Json) -> Json:
    """An argument with the numbers marked that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"@number:{'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'}"
    if isinstance(value, dict):
        return {name: _marked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_marked(one) for one in value]
    return value


def plan_of(task: Task, program: str | None, mark: str = "") -> BuildPlan:
    """How node runs a program; without one the harness takes the one of /tmp/program.js.

    `mark`: the program is compiled from TypeScript, its tests begin after the line of this text,
    and its modules too have what CommonJS gives a program.
    """
    asked = {
        "program": program,
        "tests": "" if mark else task.script or "",
        "mark": mark,
        "entry": task.entry_point,
        "calls": [[_marked(one) for one in call] for call in task.arguments],
        "scripted": task.script is not None,
        "whole": task.stdin is not None,
    }
    node, heap = task.tools["node"], max(16, task.limits.memory // 2**20 * 3 // 4)
    options = (
        "--single-threaded", f"--max-old-space-size={heap}", "--no-warnings",
        "--experimental-vm-modules", task.tools["harness.js"],
    )  # fmt: skip
    return BuildPlan(
        run=(node, *options),
        # What it compiled it keeps, and finds without asking the linker again.
        warm=(node, "--no-flush-bytecode", *options, task.tools["fork.node"]),
        asked=json.dumps(asked).encode(),
        wrong=WRONG,
        memory=MEMORY,
        words=str if task.stdin is None else partial(_FRAME.sub, ""),
        environment={"NODE_PATH": task.tools["node_path"]},  # where `require` looks for packages
        reserve=False,
    )


_FRAME = re.compile(r"^ +at (?!.*\b(?:program\.js|<anonymous>)).*(?:\n|\Z)", re.MULTILINE)
"""The places in a trace that are not the program's own."""


_NODE = WarmRuntime(
    "node",
    lambda task: plan_of(task, task.code),
    {
        "function f(x) { return Promise.resolve ? [x + 1, 'é'] : 0; }": '{"value":[2,"é"]}',
        "function f(x) { return g(x); }": "runtime_error",
    },
)
"""The warm node of this worker."""


def _toolchain() -> Toolchain:
    node = os.path.realpath(tool_output(which("node", "nodejs"), "-p", "process.execPath"))
    forks = build_sandbox_library().with_name("fork.node")
    own = [str(place.resolve()) for place in (_own_node_modules(),) if place.is_dir()]
    tools = {
        "node": node,
        "harness.js": str(SANDBOX / "harness.js"),
        "fork.node": str(forks),
        "node_path": ":".join([*map(path_inside, own), *_GLOBAL_NODE_MODULES]),
    }
    version = tool_output(node, "--version").removeprefix("v")
    return Toolchain(tools, (node, str(forks.parent), *own), {"node": version})


_GLOBAL_NODE_MODULES = ("/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs")
"""Where `npm install -g` and Debian's packages go."""


def _own_node_modules() -> Path:
    return Path(os.environ.get("SODAKD_NODE_MODULES") or "node_modules")


def node_modules(*wanted: str) -> Path | None:
    """The folder of npm's packages that has these files: named, of this folder, of the machine."""
    for place in _module_folders():
        if all((place / name).exists() for name in wanted):
            return place.resolve()
    return None


def _module_folders() -> Iterator[Path]:
    """Where packages may lie; npm, which takes a second, is asked last."""
    yield _own_node_modules()
    yield Path("node_modules")
    if shutil.which("npm"):
        done = subprocess.run(
            ["npm", "root", "-g"], capture_output=True, text=True, timeout=30, check=False
        )
        yield from map(Path, done.stdout.split())


REFERENCE = Reference(0.15, 1_000_000, """\
function work(n) {
  const composite = new Uint8Array(n), values = new Float64Array(n);
  let count = 0, steps = 0;
  for (let i = 2; i < n; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = i * i; j < n; j += i) composite[j] = 1;
  }
  for (let i = 0; i < n; i++) values[i] = i * 7919 % n;
  values.sort();
  for (let i = 1; i < Math.floor(n / 10); i++)
    for (let m = i; m !== 1; steps++) m = m % 2 === 0 ? m / 2 : 3 * m + 1;
  return count + values[Math.floor(n / 2)] + steps;
}
""")  # fmt: skip
LANGUAGE = LanguageSpec(
    suffix="js",
    install="apt-get install nodejs",
    toolchain=_toolchain,
    run=run,
    batch=8,
    reference=REFERENCE,
)
