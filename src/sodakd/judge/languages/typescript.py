"""TypeScript: checked by the compiler, then run as JavaScript.

Warm, the compiler is kept running, in a job of its own; cold, it is started for each program.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import SANDBOX, tool_output
from sodakd.judge.languages import javascript
from sodakd.judge.languages.literals import CLOSED
from sodakd.judge.languages.spec import LanguageSpec, Toolchain
from sodakd.judge.sandbox.build_run import BUILD, build_and_run, refused
from sodakd.judge.sandbox.compiler_server import SelfTestedServer, ServerLateError
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task

_NODES = re.compile(
    r"\b(?:import|require|process|Buffer|module|exports|global|NodeJS|setImmediate|__\w+name)\b"
)
"""What only node's types know."""
_STAR = re.compile(r"\bimport\s*\*")
_AWAIT = re.compile(r"\bawait\b")


@dataclass(frozen=True)
class Way:
    """The settings a program is compiled with, see `optionsOf` in `checker.js`."""

    typed: bool
    own: bool = False
    plain: bool = False
    late: bool = False


def ways(task: Task) -> tuple[Way, ...]:
    """How a program is compiled: in the first of these ways in which it is right.

    A script asks node for its assertions. A program that is only called may have names that node's
    types, which take their time, have as well.
    """
    source = f"{task.code}\n{task.script or ''}"
    typed = task.script is not None or bool(_NODES.search(source))
    found = [Way(typed=typed), Way(typed=True, own=True)]
    if _STAR.search(source):
        found.append(Way(typed=True, plain=True))
    if _AWAIT.search(source):
        found.append(Way(typed=True, late=True))
    return tuple(found)


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    mark = f"sodakd-{os.urandom(8).hex()}"
    asked = {
        "program": task.code,
        "script": task.script,
        "between": f"{CLOSED}'{mark}'; ",
        "ways": [asdict(way) for way in ways(task)],
    }
    request = json.dumps(asked).encode()
    if not task.warm:
        return _cold(box, task, request, mark, oom)
    try:
        said, program = _read(_CHECKER.ask(box, _command(task.tools), request, BUILD))
    except ServerLateError as error:
        return refused(task, f"the compiler {error}")
    except (OSError, ValueError):
        oom()  # what ended the warm compiler does not end a program
        return _cold(box, task, request, mark, oom)
    if program is None:
        _CHECKER.doubt()
        return refused(task, said, _lacking(task, said))
    plan = javascript.plan_of(task, javascript.question(task, program, "", mark=mark))
    return javascript.run_plan(box, task, oom, plan, program)


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


def _cold(box: Sandbox, task: Task, request: bytes, mark: str, oom: Callable[[], bool]) -> Result:
    """The result of a program for which a compiler is started."""
    plan = javascript.plan_of(task, javascript.question(task, None, "", mark=mark))
    build = (*_command(task.tools), "request.json")
    plan = replace(
        plan,
        files={"request.json": request},
        made="program.js",
        build=(build,),
        lacking=lambda said: _lacking(task, said),
    )
    result = build_and_run(box, task, plan, oom)
    return replace(result, notes=(_CHECKER.note,)) if _CHECKER.note else result


def _test(ask: Callable[[bytes], bytes]) -> None:
    for program, right in (("const a: number = 1;", True), ("const a: number = '';", False)):
        asked = {"program": program, "script": None, "ways": [{"typed": False}]}
        said, found = _read(ask(json.dumps(asked).encode()))
        if (found is not None) != right:
            raise ValueError(f"it said {said} to {program!r}")


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    compiler = tools["tsc"].replace("tsc.js", "typescript.js")
    # Its heap ends before its job's memory does: it says so, and the next one is started.
    return (
        tools["node"], "--max-old-space-size=1200", "--stack-size=2000", "--no-warnings",
        tools["checker.js"], compiler, tools["typings"],
    )  # fmt: skip


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
    return Toolchain(tools, (*node.places, str(modules)), {**node.versions, "typescript": version})


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
