"""TypeScript: checked by the compiler, then run as JavaScript.

Warm, the compiler is kept running, in a job of its own; cold, it is started for each program.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import BUILD, build_and_run, script_of
from sodakd.judge.inside.server import Command, Server, ServerLateError
from sodakd.judge.inside.task import Result, Task, short
from sodakd.judge.languages import javascript

TYPES: Mapping[str, str] = {
    "int": "number", "float": "number", "bool": "boolean", "str": "string",
    "list[int]": "number[]", "list[float]": "number[]", "list[str]": "string[]",
}  # fmt: skip


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    source = f"{task.code}\n{script_of(task)}"
    if not task.warm or _CHECKERS.note:
        return _cold(box, task, source, oom)
    # A script asks node for its assertions; a program that is only called may well have a function
    # named `process`, which node's types would not let it.
    request = json.dumps({"program": source, "typed": task.script >= 0}).encode()
    try:
        answer = json.loads(_CHECKERS.ask(box, task, request))
        said, program = answer["said"], answer["javascript"]
    except ServerLateError as error:
        return _refused(task, f"the compiler {error}")
    except (OSError, ValueError, KeyError):
        return _cold(box, task, source, oom)
    if program is None:
        return _refused(task, said)
    return javascript.run(box, task, oom, program, "")


def _refused(task: Task, said: str) -> Result:
    isolation = "split" if task.script < 0 else "in_process"
    return Result("compile_error", "compile", short(said), isolation=isolation)


def _cold(box: Box, task: Task, source: str, oom: Callable[[], bool]) -> Result:
    tools = task.tools
    plan = javascript.plan(task, javascript.question(task, None, ""))
    files = {**plan.files, "program.ts": source.encode(errors="surrogatepass")}
    types = ("--types", "node", "--typeRoots", tools["typings"]) if task.script >= 0 else ()
    build = (
        tools["node"], tools["tsc"], "--target", "es2022", "--module", "commonjs",
        "--ignoreDeprecations", "5.0", *types, *(() if types else ("--typeRoots", "/nowhere")),
        "--noEmitOnError", "--skipLibCheck", "program.ts",
    )  # fmt: skip
    result = build_and_run(box, task, replace(plan, files=files, build=(build,)), oom)
    return replace(result, notes=(_CHECKERS.note,)) if _CHECKERS.note else result


class Checkers:
    """The warm compiler of this worker. Its self-test is a right program and a wrong one."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self.note = ""

    def ask(self, box: Box, task: Task, request: bytes) -> bytes:
        """The compiler's answer. Raises `OSError` where it has none."""
        if self._server is None:
            self._server = Server(box, _command(task))
            self._test(self._server)
        return self._server.ask(request, BUILD.cpu_seconds, BUILD.wall_seconds)

    def _test(self, server: Server) -> None:
        try:
            for program, right in (
                ("const a: number = 1;", True),
                ("const a: number = '';", False),
            ):
                request = json.dumps({"program": program, "typed": False}).encode()
                answer = json.loads(server.ask(request, BUILD.cpu_seconds, BUILD.wall_seconds))
                if (answer["javascript"] is not None) != right:
                    raise ValueError(f"it said {answer} to {program!r}")
        except (OSError, ValueError, KeyError) as error:
            server.close()
            self.note = f"the TypeScript compiler cannot be kept running here: {error}"
            raise OSError(self.note) from error


def _command(task: Task) -> Command:
    tools = task.tools
    compiler = tools["tsc"].replace("tsc.js", "typescript.js")
    # Its heap ends before its job's memory does: it says so, and the next one is started.
    arguments = (
        tools["node"], "--max-old-space-size=1200", "--stack-size=2000", "--no-warnings",
        tools["checker.js"], compiler, tools["typings"],
    )  # fmt: skip
    return Command(arguments, {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"})


_TRIALS = (("const a: number = 1;", True), ("const a: number = '';", False))
_CHECKERS = Checkers()
