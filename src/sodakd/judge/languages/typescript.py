"""TypeScript: checked by the compiler, then run as JavaScript.

Warm, the compiler is kept running, in a job of its own; cold, it is started for each program.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sodakd.judge.inside.box import Box, Limits
from sodakd.judge.inside.native import BUILD, build_and_run, refused
from sodakd.judge.inside.server import Command, Kept, ServerLateError
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import javascript
from sodakd.judge.languages.literals import CLOSED

TYPES: Mapping[str, str] = {
    "int": "number", "float": "number", "bool": "boolean", "str": "string",
    "list[int]": "number[]", "list[float]": "number[]", "list[str]": "string[]",
}  # fmt: skip


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    source = f"{task.code}{CLOSED}{task.script or ''}"
    if not task.warm:
        return _cold(box, task, source, oom)
    # A script asks node for its assertions; a program that is only called may well have a function
    # named `process`, which node's types would not let it.
    request = json.dumps({"program": source, "typed": task.script is not None}).encode()
    try:
        checked = _read(_CHECKER.ask(box, _command(task.tools), request, BUILD))
    except ServerLateError as error:
        return refused(task, f"the compiler {error}")
    except (OSError, ValueError):
        oom()  # what ended the warm compiler does not end a program
        return _cold(box, task, source, oom)
    if checked.program is None:
        return refused(task, checked.said)
    return javascript.run(box, task, oom, checked.program, "")


@dataclass(frozen=True)
class Checked:
    """What the compiler said: its diagnostics, and the program in JavaScript where it is right."""

    said: str
    program: str | None


def _read(answer: bytes) -> Checked:
    """Raises `ValueError`."""
    values = json.loads(answer)
    if not isinstance(values, dict) or "javascript" not in values:
        raise ValueError("no answer")
    return Checked(str(values["said"]), values["javascript"])


def _cold(box: Box, task: Task, source: str, oom: Callable[[], bool]) -> Result:
    tools = task.tools
    plan = javascript.plan(task, javascript.question(task, None, ""))
    files = {**plan.files, "program.ts": source.encode(errors="surrogatepass")}
    types = ("--types", "node", "--typeRoots", tools["typings"]) if task.script is not None else ()
    build = (
        tools["node"], tools["tsc"], "--target", "es2022", "--module", "commonjs",
        "--ignoreDeprecations", "5.0", *types, *(() if types else ("--typeRoots", "/nowhere")),
        "--noEmitOnError", "--skipLibCheck", "program.ts",
    )  # fmt: skip
    result = build_and_run(box, task, replace(plan, files=files, build=(build,)), oom)
    return replace(result, notes=(_CHECKER.note,)) if _CHECKER.note else result


def _test(ask: Callable[[bytes], bytes]) -> None:
    for program, right in (("const a: number = 1;", True), ("const a: number = '';", False)):
        said = _read(ask(json.dumps({"program": program, "typed": False}).encode()))
        if (said.program is not None) != right:
            raise ValueError(f"it said {said} to {program!r}")


def lint(box: Box, tools: Mapping[str, str], message: str, limits: Limits) -> str:
    """What the warm compiler finds in a strict reading of one program, as JSON.

    Raises `OSError` where it has no answer.
    """
    answer = _CHECKER.ask(box, _command(tools), message.encode(errors="replace"), limits)
    return answer.decode(errors="replace")


def lint_note() -> str:
    """Why there is no warm compiler here, where there is none."""
    return _CHECKER.note


def _command(tools: Mapping[str, str]) -> Command:
    compiler = tools["tsc"].replace("tsc.js", "typescript.js")
    # Its heap ends before its job's memory does: it says so, and the next one is started.
    arguments = (
        tools["node"], "--max-old-space-size=1200", "--stack-size=2000", "--no-warnings",
        tools["checker.js"], compiler, tools["typings"],
    )  # fmt: skip
    return Command(arguments, {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"})


_CHECKER = Kept("the TypeScript compiler", _test)
