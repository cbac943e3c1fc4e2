"""TypeScript: checked by the compiler, then run as JavaScript."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import build_and_run, script_of
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import javascript

TYPES: Mapping[str, str] = {
    "int": "number", "float": "number", "bool": "boolean", "str": "string",
    "list[int]": "number[]", "list[float]": "number[]", "list[str]": "string[]",
}  # fmt: skip


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Check, transpile and try one program."""
    tools = task.tools
    plan = javascript.plan(task, javascript.question(task, None, ""))
    source = f"{task.code}\n{script_of(task)}"
    files = {
        "asked.json": plan.files["asked.json"],
        "program.ts": source.encode(errors="surrogatepass"),
    }
    # A script asks node for its assertions; a program that is only called may well have a function
    # named `process`, which node's types would not let it.
    types = ("--types", "node", "--typeRoots", tools["typings"]) if task.script >= 0 else ()
    build = (
        tools["node"], tools["tsc"], "--target", "es2022", "--module", "commonjs",
        "--ignoreDeprecations", "5.0", *types, *(() if types else ("--typeRoots", "/nowhere")),
        "--noEmitOnError", "--skipLibCheck", "program.ts",
    )  # fmt: skip
    return build_and_run(box, task, replace(plan, files=files, build=(build,)), oom)
