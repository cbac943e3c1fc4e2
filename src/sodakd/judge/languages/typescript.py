"""TypeScript: checked by the compiler, then run as JavaScript."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import SANDBOX, cached_build, run_tool, tool_output
from sodakd.judge.languages import javascript
from sodakd.judge.languages.literals import CLOSED
from sodakd.judge.languages.spec import LanguageSpec, Toolchain
from sodakd.judge.sandbox.build_run import build_and_run, refused
from sodakd.judge.sandbox.compiler_server import SelfTestedServer, ServerLateError
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    mark = f"sodakd-{os.urandom(8).hex()}"
    asked = {"program": task.code, "script": task.script, "between": f"{CLOSED}'{mark}'; "}
    request, command = json.dumps(asked).encode(), _command(task.tools)
    if task.warm:
        try:
            said, program = _read(_CHECKER.ask(box, command, request))
        except ServerLateError as error:
            return refused(task, f"the compiler {error}")
        except (OSError, ValueError):
            oom()  # what ended the warm compiler does not end a program: the cold one judges it
        else:
            if program is None:
                _CHECKER.doubt()
                return refused(task, said, _lacking(task, said))
            plan = javascript.plan_of(task, program, mark)
            return javascript.run_plan(box, task, oom, plan, program)
    plan = replace(
        javascript.plan_of(task, None, mark),
        files={"request.json": request},
        made="program.js",
        build=((*command, "request.json"),),
        lacking=lambda said: _lacking(task, said),
    )
    result = build_and_run(box, task, plan, oom)
    return replace(result, notes=(_CHECKER.note,)) if _CHECKER.note else result


_ERROR = r"^program\.ts\((\d+),\d+\): error TS"
_NO_MODULE = re.compile(rf"{_ERROR}2307: Cannot find module '([^']+)'", re.MULTILINE)
_NO_RUNNER = re.compile(rf"{_ERROR}(?:2582|2593): Cannot find name '", re.MULTILINE)
"""What the compiler says of names that test runners give."""


def _lacking(task: Task, said: str) -> str:
    """What the tests ask for and the machine has not, by the compiler's words, or ""."""
    first = task.code.count("\n") + 2
    for line, name in _NO_MODULE.findall(said):
        if int(line) >= first:
            return str(name)
    return "jest" if any(int(line) >= first for line in _NO_RUNNER.findall(said)) else ""


def _read(answer: bytes) -> tuple[str, str | None]:
    """What the compiler says, and the program in JavaScript or None. Raises `ValueError`."""
    values = json.loads(answer)
    if not isinstance(values, dict) or "javascript" not in values:
        raise ValueError("no answer")
    return str(values["said"]), values["javascript"]


def _test(ask: Callable[[bytes], bytes]) -> None:
    for program, right in (("const a: number = 1;", True), ("const a: number = '';", False)):
        asked = {"program": program, "script": None}
        said, found = _read(ask(json.dumps(asked).encode()))
        if (found is not None) != right:
            raise ValueError(f"it said {said} to {program!r}")


# Its heap ends before its job's memory does: it says so, and the next one is started.
_OPTIONS = ("--max-old-space-size=1200", "--stack-size=2000", "--no-warnings")
_SNAPSHOT = "checker.blob"


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    """The compiler, from the snapshot of its warm state where this node can make one."""
    if _SNAPSHOT in tools:
        return (tools["node"], *_OPTIONS, "--snapshot-blob", tools[_SNAPSHOT])
    compiler = tools["tsc"].replace("tsc.js", "typescript.js")
    return (tools["node"], *_OPTIONS, tools["checker.js"], compiler, tools["typings"])


def _build_snapshot(tools: Mapping[str, str], key: str) -> Mapping[str, str]:
    """Return the snapshot of the warm compiler by its name, if it reads a program; else nothing."""
    node, *command = _command(tools)
    sources = [SANDBOX / name for name in ("checker.js", "modules.js")]

    def build(target: Path) -> None:
        blob, asked = target / _SNAPSHOT, target / "request.json"
        asked.write_text(json.dumps({"program": "const a: number = 1;", "script": None}))
        try:
            run_tool(node, "--snapshot-blob", str(blob), "--build-snapshot", *command)
            run_tool(node, *_OPTIONS, "--snapshot-blob", str(blob), asked.name, folder=target)
        except JudgeError:  # no node before 18.8 makes one
            blob.unlink(missing_ok=True)

    content = b"".join(source.read_bytes() for source in sources)
    blob = cached_build("typescript", content + " ".join((key, node, *command)).encode(), build)
    return {_SNAPSHOT: str(blob / _SNAPSHOT)} if (blob / _SNAPSHOT).exists() else {}


_CHECKER = SelfTestedServer("the TypeScript compiler", _test)


def _toolchain() -> Toolchain:
    node = javascript.LANGUAGE.toolchain()
    modules = javascript.node_modules("typescript/lib/tsc.js", "@types/node")
    if modules is None:
        raise JudgeError("typescript 5.9 and @types/node are not installed")
    tools = {
        **node.tools,
        "tsc": str(modules / "typescript" / "lib" / "tsc.js"),
        "typings": str(modules / "@types"),
        "checker.js": str(SANDBOX / "checker.js"),
    }
    version = tool_output(node.tools["node"], tools["tsc"], "--version").removeprefix("Version ")
    typings = (modules / "@types" / "node" / "package.json").read_text(encoding="utf-8")
    snapshot = _build_snapshot(tools, f"{node.versions['node']} {version} {typings}")
    places = (*node.places, str(modules), *(str(Path(blob).parent) for blob in snapshot.values()))
    return Toolchain({**tools, **snapshot}, places, {**node.versions, "typescript": version})


LANGUAGE = LanguageSpec(
    suffix="ts",
    install="npm install -g typescript@5.9 @types/node@20",
    toolchain=_toolchain,
    run=run,
    batch=4,
    reference=replace(
        javascript.REFERENCE, code=javascript.REFERENCE.code.replace("(n)", "(n: number)", 1)
    ),
)
