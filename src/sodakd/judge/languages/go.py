"""Go: compiled and linked directly, against a standard library that was compiled once."""

import os
import re
from collections.abc import Callable

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import Plan, build_and_run, script_of
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals

TYPES = {
    "int": "int", "float": "float64", "bool": "bool", "str": "string",
    "list[int]": "[]int", "list[float]": "[]float64", "list[str]": "[]string",
}  # fmt: skip

WRONG = re.compile(r"\A(?!.*^panic: ).*^\s*--- FAIL: ", re.MULTILINE | re.DOTALL)
MEMORY = re.compile(r"out of memory|cannot allocate memory")
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_MAIN = re.compile(r"^func[ \t]+main[ \t]*\(", re.MULTILINE)
_TEST = re.compile(r"^func[ \t]+(Test\w*)[ \t]*\([ \t]*\w+[ \t]+\*testing\.T[ \t]*\)", re.MULTILINE)

HEAD = """\
package main

import (
    "encoding/json"
    "os"
    "syscall"
    "testing"
    "testing/internal/testdeps"
)

var MARKnonce = MARKtake()
var MARKout = os.NewFile(3, "values")

func MARKtake() (nonce [32]uint8) {
    syscall.Read(4, nonce[:])
    syscall.Close(4)
    return
}

func MARKput(value interface{}) {
    line := struct { Value interface{} `json:"value"` }{value}
    if json.NewEncoder(MARKout).Encode(line) != nil { os.Exit(126) }
}

var _ = testing.MainStart
var _ testdeps.TestDeps

func main() {
BODY
    os.Exit(0)
}
"""
"""What stands beside the program in its package. It uses no builtin that a program might redefine:
`make`, `len`, `append`, `panic` are good names for functions of others."""

TESTS = """\
    os.Args = os.Args[:1]
    tests := []testing.InternalTest{NAMES}
    if testing.MainStart(testdeps.TestDeps{}, tests, nil, nil, nil).Run() != 0 { os.Exit(1) }
    MARKout.Write(MARKnonce[:])"""
NO_TESTS = '    os.Stderr.WriteString("no tests"); os.Exit(3)'


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile, link and try one program."""
    tools = task.tools
    script = script_of(task)
    program = _renamed(f"{task.code}\n{script}" if task.script >= 0 else task.code)
    # A name that no program can know: what it would call to pass is in its own package.
    mark = f"sodakd{os.urandom(8).hex()}"
    names = _tests(program)
    tests = TESTS.replace("NAMES", names) if names else NO_TESTS
    body = tests if task.script >= 0 else _calls(task)
    # fmt: off
    files = {
        "main.go": HEAD.replace("BODY", body).replace("MARK", mark).encode(),
        "program.go": program.encode(errors="surrogatepass"),
    }
    compiled = (
        tools["go_compile"], "-o", "program.a", "-p", "main", "-complete", "-importcfg",
        tools["go_packages"], "main.go", "program.go",
    )
    linked = (
        tools["go_link"], "-o", "program", "-importcfg", tools["go_packages"], "-s", "-w",
        "program.a",
    )
    # fmt: on
    plan = Plan(
        files=files,
        build=(compiled, linked),
        run=("/tmp/program",),
        wrong=WRONG,
        memory=MEMORY,
        environment={"GOGC": "off"} if task.script < 0 else {},
        reserve=False,
        processes=128,
    )
    return build_and_run(box, task, plan, oom)


def _renamed(program: str) -> str:
    """The program as a part of package main, without a `main` of its own."""
    if not _PACKAGE.search(program):
        program = f"package main\n{program}"
    return _MAIN.sub("func sodakdOwnMain(", _PACKAGE.sub("package main", program, count=1))


def _tests(program: str) -> str:
    return ", ".join(f'{{"{name}", {name}}}' for name in _TEST.findall(program))


def _calls(task: Task) -> str:
    lines = ["    _ = MARKnonce"]
    for arguments in task.arguments:
        written = ", ".join(map(_literal, task.argument_types, arguments))
        lines.append(f"    MARKput({TYPES[task.result_type]}({task.entry_point}({written})))")
    return "\n".join(lines)


def _literal(kind: str, value: Json) -> str:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        items = ", ".join(_literal(literals.LISTS[kind], item) for item in value)
        return f"{TYPES[kind]}{{{items}}}"
    if kind == "str":
        return literals.text(value)
    if kind == "bool":
        return "true" if value else "false"
    return literals.number(value)
