"""Go: compiled and linked directly, against a standard library that was compiled once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.judge.languages import literals
from sodakd.judge.languages.go_analysis import functions, tests
from sodakd.judge.languages.go_merge import (
    OWN_MAIN,
    SCRIPT_MAIN,
    lacking,
    main_run,
    without_mains,
)
from sodakd.judge.sandbox.build_run import BuildPlan, build_and_run
from sodakd.judge.sandbox.json_values import Json
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.signatures import TYPES

_TYPES = TYPES["go"]
INSIDE = "-inside"
"""How a list of packages ends that has the paths of namespaces."""
PUT = {
    "int": "Int", "float": "Float", "bool": "Bool", "str": "Str",
    "list[int]": "Ints", "list[float]": "Floats", "list[str]": "Strs",
}  # fmt: skip

WRONG = re.compile(r"\A(?!.*^panic: ).*^[ \t]*--- FAIL: ", re.MULTILINE | re.DOTALL)
MEMORY = re.compile(r"out of memory|cannot allocate memory")
OVERSIZED = re.compile(r": symbol too large|^too much data,", re.MULTILINE)
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
    return
}

func MARKpassed() {
    MARKsyscall.Write(3, MARKnonce[:])
}

func sodakdExit(exit func(int)) func(int) {
    return func(code int) {
        if code == 0 {
            MARKpassed()
        }
        exit(code)
    }
}
"""
"""Nothing here is a builtin that a program beside it might redefine: `make`, `len`, `append`,
`panic` are good names for functions of others."""

MAIN_CALLS = "\nfunc main() {\n    MARKcalls()\n}\n"
MAIN_TESTS = """\
package main

import (
    MARKos "os"
    MARKreflect "reflect"
    MARKsyscall "syscall"
    MARKtesting "testing"
    MARKdeps "testing/internal/testdeps"
)

func main() {
    MARKos.Args = MARKos.Args[:1]
    tests := []MARKtesting.InternalTest{TESTS}
    m := MARKtesting.MainStart(MARKdeps.TestDeps{}, tests, nil, nil, nil)
    RUN(m)
    failed := MARKreflect.ValueOf(m).Elem().FieldByName("exitCode").Int()
    sodakdExit(MARKos.Exit)(int(failed))
}

func MARKrun(m *MARKtesting.M) {
    m.Run()
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


def judge(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile, link and try one program."""
    task = seen(box, task)
    program = program_of(task)
    mark = f"sodakd{os.urandom(8).hex()}"  # no name that a program has
    result = build_and_run(box, task, _plan(task, program, mark), oom)
    said = result.output.replace(mark, "sodakd")
    for name in (OWN_MAIN, SCRIPT_MAIN):
        said = said.replace(name, "main")
    return replace(result, output=said)


def seen(box: Sandbox, task: Task) -> Task:
    """A task whose list of packages has the paths that this box shows."""
    if not box.walls.alone:
        return task
    own = {name: path.removesuffix(INSIDE) for name, path in task.tools.items()}
    return replace(task, tools=own)


def program_of(task: Task) -> str:
    """The program and its script, as a part of package main."""
    return without_mains(task.code, task.script or "")


def tests_of(task: Task, program: str) -> list[str]:
    """The names of the tests: those of the script, where there is one; else its own."""
    script = task.script or ""
    return tests(script if script.strip() else program)


def runs_tests(program: str) -> bool:
    """Whether a program says itself how its tests are run (`TestMain`)."""
    return any(one.name == "TestMain" and one.takes("M") for one in functions(program))


def _plan(task: Task, program: str, mark: str) -> BuildPlan:
    packages = task.tools["go_packages"]
    if task.script is None:
        head = calls(task) + MAIN_CALLS
    elif run := main_run(task.code, task.script, as_main=task.as_main):
        head = MAIN_RUN.replace("RUN", run) + NONCE
    elif names := tests_of(task, program):
        head = MAIN_TESTS.replace("RUN", "TestMain" if runs_tests(program) else "MARKrun") + NONCE
        head = head.replace("TESTS", ", ".join(f'{{"{name}", {name}}}' for name in names))
    else:
        head = MAIN_NONE
    files = {"main.go": head.replace("MARK", mark), "program.go": program}
    return replace(
        run_plan(task, "/tmp/program"),
        files={name: text.encode(errors="surrogatepass") for name, text in files.items()},
        build=(
            compiler(task, "main", packages, "program.a", *files),
            linker(task, packages, "program", "program.a"),
        ),
    )


def run_plan(task: Task, *command: str) -> BuildPlan:
    """How a linked program is run."""
    return BuildPlan(
        files={},
        build=(),
        run=command,
        wrong=WRONG,
        memory=MEMORY,
        oversized=OVERSIZED,
        words=words,
        lacking=lambda said: lacking(task.code, task.script or "", said),
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
