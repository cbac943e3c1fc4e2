"""Go: compiled and linked directly, against a standard library that was compiled once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.answers.declared import TYPES
from sodakd.judge.inside.box import Box
from sodakd.judge.inside.native import Plan, build_and_run, refused
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import go_names, literals
from sodakd.judge.languages.go_joined import OWN_MAIN, SCRIPT_MAIN, main_run, without_mains
from sodakd.judge.languages.go_source import read, tests

_TYPES = TYPES["go"]
INSIDE = "-inside"
"""How a list of packages ends that has the paths of namespaces."""
PUT = {
    "int": "Int", "float": "Float", "bool": "Bool", "str": "Str",
    "list[int]": "Ints", "list[float]": "Floats", "list[str]": "Strs",
}  # fmt: skip

WRONG = re.compile(r"\A(?!.*^panic: ).*^[ \t]*--- FAIL: ", re.MULTILINE | re.DOTALL)
MEMORY = re.compile(r"out of memory|cannot allocate memory")
TOOLS: Mapping[str, str] = {"GOGC": "off", "GOMEMLIMIT": "512MiB", "GOMAXPROCS": "1"}
"""Compiler and linker live too short to collect what they leave, and have one core."""

CALLS = """\
package main

import MARKvalues "sodakd/values"

func MARKcalls() {
BODY
}
"""
NONCE = """\
var MARKnonce = MARKtake()

func MARKtake() (nonce [32]uint8) {
    MARKsyscall.Read(4, nonce[:])
    MARKsyscall.Close(4)
    MARKmask(&nonce)
    return
}

func MARKmask(nonce *[32]uint8) {
    for at := range nonce {
        nonce[at] ^= 0xA5
    }
}

func MARKpassed() {
    MARKmask(&MARKnonce)
    MARKsyscall.Write(3, MARKnonce[:])
}
"""
"""Nothing here is a builtin that a program beside it might redefine: `make`, `len`, `append`,
`panic` are good names for functions of others."""

MAIN_CALLS = "\nfunc main() {\n    MARKcalls()\n}\n"
MAIN_SLIM = """\
package main

import (
    MARKsyscall "syscall"
    MARKtesting "testing"
)

func main() {
    if !MARKtesting.RunAll([]MARKtesting.InternalTest{TESTS}) { MARKsyscall.Exit(1) }
    MARKpassed()
}

"""
MAIN_FULL = """\
package main

import (
    MARKos "os"
    MARKsyscall "syscall"
    MARKtesting "testing"
    MARKdeps "testing/internal/testdeps"
)

func main() {
    MARKos.Args = MARKos.Args[:1]
    tests := []MARKtesting.InternalTest{TESTS}
    failed := MARKtesting.MainStart(MARKdeps.TestDeps{}, tests, nil, nil, nil).Run()
    if failed != 0 { MARKos.Exit(1) }
    MARKpassed()
    MARKos.Exit(0)
}

"""
MAIN_RUN = """\
package main

import MARKsyscall "syscall"

func main() {
    RUN()
    MARKpassed()
}

"""
MAIN_NONE = """\
package main

import MARKos "os"

func main() {
    MARKos.Stderr.WriteString("no tests")
    MARKos.Exit(3)
}
"""


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile, link and try one program; with Go's own `testing` where ours may not do."""
    if box.walls.alone:
        own = {name: path.removesuffix(INSIDE) for name, path in task.tools.items()}
        task = replace(task, tools=own)
    program = program_of(task)
    # A name that no program can know: what it would call to pass is in its own package.
    mark = f"sodakd{os.urandom(8).hex()}"
    source = read(program)
    if source.shadows and task.script is not None:
        return refused(task, "true or false is declared anew: the tests rely on them")
    if task.warm and source.slim:
        result = build_and_run(box, task, _plan(task, program, mark, slim=True), oom)
        if not lacks(result):
            return _named(result, mark)
    result = build_and_run(box, task, _plan(task, program, mark, slim=False), oom)
    return _named(result, mark)


def _named(result: Result, mark: str) -> Result:
    said = result.output.replace(mark, "sodakd")
    for name in (OWN_MAIN, SCRIPT_MAIN):
        said = said.replace(name, "main")
    return replace(result, output=said)


def program_of(task: Task) -> str:
    """The program and its script, as a part of package main."""
    return without_mains(task.code, task.script or "")


def tests_of(task: Task, program: str) -> list[str]:
    """The names of the tests: those of the script, where there is one; else its own."""
    script = task.script or ""
    return tests(script if script.strip() else program)


def lacks(result: Result) -> bool:
    """Whether a compiler may have refused a program for what our `testing` lacks."""
    said = result.output
    return result.stage == "compile" and ("testing" in said or "too many errors" in said)


def _plan(task: Task, program: str, mark: str, *, slim: bool) -> Plan:
    packages = task.tools["go_slim" if slim else "go_packages"]
    if task.script is None:
        head = calls(task) + MAIN_CALLS
    elif run := main_run(task.code, task.script, as_main=task.as_main):
        head = MAIN_RUN.replace("RUN", run) + NONCE
    elif names := tests_of(task, program):
        head = (MAIN_SLIM if slim else MAIN_FULL) + NONCE
        head = head.replace("TESTS", ", ".join(f'{{"{name}", {name}}}' for name in names))
    else:
        head = MAIN_NONE
    files = {"main.go": head.replace("MARK", mark), "program.go": program}
    if held := go_names.kept(task.script or ""):
        files["tests.go"] = held
    return replace(
        run_plan(task, "/tmp/program"),
        files={name: text.encode(errors="surrogatepass") for name, text in files.items()},
        build=(
            compiler(task, "main", packages, "program.a", *files),
            linker(task, packages, "program", "program.a"),
        ),
    )


def run_plan(task: Task, *command: str) -> Plan:
    """How a linked program is run."""
    return Plan(
        files={},
        build=(),
        run=command,
        wrong=WRONG,
        memory=MEMORY,
        words=words,
        environment={"GOGC": "off"} if task.script is None else {},
        building=TOOLS,
        reserve=False,
    )


def words(said: str) -> str:
    """What a program said, its traces cut to lines of its own: the rest is how it was linked."""
    traces = [line for trace in _TRACE.findall(said) for line in _OWN_LINE.findall(trace)]
    said = _NO_MEMORY.sub("fatal error: out of memory", said)
    text = _TIME.sub(r"\1(0.00s)", _TRACE.sub("", said)).rstrip("\n")
    return "\n".join([text, *dict.fromkeys(traces)][: 1 + _TRACED])


_TRACE = re.compile(r"^(?:goroutine \d+|runtime stack).*:\n(?:.+\n?)*\n*", re.MULTILINE)
_OWN_LINE = re.compile(r"/tmp/(program\.go:\d+)")
_TRACED = 8
"""Lines of its own, at most, that are told of a program that panicked."""
_NO_MEMORY = re.compile(r"^fatal error: .*out of memory.*$", re.MULTILINE)
_TIME = re.compile(r"^( *--- FAIL: .* )\(\d+\.\d\ds\)$", re.MULTILINE)


def compiler(task: Task, name: str, packages: str, output: str, *files: str) -> tuple[str, ...]:
    """The command that compiles a package."""
    return (
        task.tools["go_compile"], "-o", output, "-p", name, "-complete", "-c=1", "-dwarf=false",
        "-importcfg", packages, *files,
    )  # fmt: skip


def linker(task: Task, packages: str, output: str, main: str) -> tuple[str, ...]:
    """The command that links a program."""
    return (
        task.tools["go_link"], "-o", output, "-buildid=", "-importcfg", packages, "-s", "-w", main,
    )  # fmt: skip


def calls(task: Task) -> str:
    """A file of the program's package, with a function that writes what the calls give."""
    lines = []
    for arguments in task.arguments:
        written = ", ".join(map(_literal, task.argument_types, arguments))
        given = f"{task.entry_point}({written})"
        if task.result_type in literals.LISTS:
            given = f"{_TYPES[task.result_type]}({given})"
        lines.append(f"    MARKvalues.{PUT[task.result_type]}({given})")
    return CALLS.replace("BODY", "\n".join(lines))


def _literal(kind: str, value: Json) -> str:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        items = ", ".join(_literal(literals.LISTS[kind], item) for item in value)
        return f"{_TYPES[kind]}{{{items}}}"
    if kind == "str":
        return literals.text(value)
    if kind == "bool":
        return "true" if value else "false"
    return literals.number(value)
