"""TypeScript: checked by the compiler, then run as JavaScript.

Warm, the compiler is kept running, in a job of its own; cold, it is started for each program.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

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


def ways(source: str, *, scripted: bool) -> tuple[Way, ...]:
    """How a program is compiled: in the first of these ways in which it is right.

    A script asks node for its assertions. A program that is only called may have names that node's
    types, which take their time, have as well.
    """
    found = [Way(typed=scripted or bool(_NODES.search(source))), Way(typed=True, own=True)]
    if _STAR.search(source):
        found.append(Way(typed=True, plain=True))
    if _AWAIT.search(source):
        found.append(Way(typed=True, late=True))
    return tuple(found)


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    source = f"{task.code}{CLOSED}{without(task.script or '', task.code)}"
    tried = ways(source, scripted=task.script is not None)
    if not task.warm:
        return _cold(box, task, source, tried, oom)
    request = json.dumps({"program": source, "ways": [asdict(way) for way in tried]}).encode()
    try:
        checked = _read(_CHECKER.ask(box, _command(task.tools), request, BUILD))
    except ServerLateError as error:
        return refused(task, f"the compiler {error}")
    except (OSError, ValueError):
        oom()  # what ended the warm compiler does not end a program
        return _cold(box, task, source, tried, oom)
    if checked.program is None:
        return refused(task, checked.said)
    return javascript.run(box, task, oom, checked.program, "", common=True)


_ASKED = re.compile(
    r"^(?:import\s+(?:\*\s*as\s+)?(?P<name>\w+)\s+from\s*"
    r"|(?:import|const|let|var)\s+(?P<same>\w+)\s*(?::\s*any\s*)?=\s*require\()"
    r"[\"'](?:node:)?(?P<module>[\w/]+)[\"']\)?[ \t]*;?",
    re.MULTILINE,
)
"""A line that gives a module a name."""


def without(script: str, code: str) -> str:
    """A script without the lines that name a module as the program already does."""
    there = {_asked(found) for found in _ASKED.finditer(code)} if script else set()
    return _ASKED.sub(lambda found: "" if _asked(found) in there else found[0], script)


def _asked(found: re.Match[str]) -> tuple[str, str]:
    return found["name"] or found["same"], found["module"]


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


def _cold(
    box: Box, task: Task, source: str, tried: Sequence[Way], oom: Callable[[], bool]
) -> Result:
    results = (_compiled(box, task, source, way, oom) for way in tried)
    first = result = next(results)
    while result.stage == "compile" and (more := next(results, None)) is not None:
        result = more
    result = first if result.stage == "compile" else result
    return replace(result, notes=(_CHECKER.note,)) if _CHECKER.note else result


def _compiled(box: Box, task: Task, source: str, way: Way, oom: Callable[[], bool]) -> Result:
    tools = task.tools
    plan = javascript.plan(task, javascript.question(task, None, "", common=True))
    files = {**plan.files, "program.ts": source.encode(errors="surrogatepass")}
    build = (
        tools["node"], tools["tsc"], "--target", "es2023", "--ignoreDeprecations", "5.0",
        "--module", "esnext" if way.late else "commonjs",
        *(("--moduleDetection", "force") if way.own or way.late else ()),
        "--esModuleInterop", "false" if way.plain else "true",
        "--typeRoots", tools["typings"] if way.typed else "/nowhere",
        *(("--types", "node") if way.typed else ()),
        "--noEmitOnError", "--skipLibCheck", "program.ts",
    )  # fmt: skip
    return build_and_run(box, task, replace(plan, files=files, build=(build,)), oom)


def _test(ask: Callable[[bytes], bytes]) -> None:
    for program, right in (("const a: number = 1;", True), ("const a: number = '';", False)):
        said = _read(ask(json.dumps({"program": program, "ways": [{"typed": False}]}).encode()))
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
