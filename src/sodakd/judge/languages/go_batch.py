"""Several Go programs, linked once: a package each, and a run in a job of its own each.

To link takes longer than all else. What all programs of a batch share is read-only code: each runs
in a process of its own, behind a wall of its own, and is told by its first argument which it is.
`go_analysis.py` says which programs may be neighbours; the others are linked alone.
"""

import fcntl
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sodakd.judge.languages.go import (
    NONCE,
    TOOLS,
    calls,
    compiler,
    judge,
    linker,
    program_of,
    run_plan,
    runs_tests,
    tests_of,
)
from sodakd.judge.languages.go_analysis import read
from sodakd.judge.languages.go_merge import main_run
from sodakd.judge.sandbox.build_run import BuildResult, build, build_failed, job_of, run
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import Limits, Sandbox
from sodakd.judge.sandbox.task import Result, Task

MAIN = (
    """\
package main

import (
    "os"
    MARKsyscall "syscall"
IMPORTS
)

"""
    + NONCE
    + """
func main() {
    switch os.Args[1] {
CASES
    default:
        os.Exit(3)
    }
}
"""
)
CASE_CALLS = '    case "{number}":\n        p{number}.{run}()'
CASE_TESTS = """\
    case "{number}":
        run([]testing.InternalTest{{{tests}}})"""
TESTING = """
func run(tests []testing.InternalTest) {
    os.Args = os.Args[:1]
    sodakdExit(os.Exit)(testing.MainStart(testdeps.TestDeps{}, tests, nil, nil, nil).Run())
}
"""

_PLAIN = re.compile(r"(program|main)\.go:\d+:\d+: |\t")
"""A line of what a compiler says of a program; anything else may have another cause."""
_ADD_SEALS, _SEALED = 1033, 0xF  # F_ADD_SEALS; no seal, no shrinking, no growing, no writing


@dataclass(frozen=True)
class _Member:
    """A program that may be linked together with others. `path`: what it is imported by."""

    number: int
    task: Task
    program: str
    path: str

    @property
    def tests(self) -> list[str]:
        """The names of its tests."""
        return tests_of(self.task, self.program)

    @property
    def tested(self) -> bool:
        """Whether it is called or has tests: a `main` of its own is run alone."""
        script, as_main = self.task.script, self.task.as_main
        if script is None:
            return True
        if runs_tests(self.program) or main_run(self.task.code, script, as_main=as_main):
            return False
        return bool(self.tests)

    @property
    def case(self) -> str:
        """What `main` does where it is asked for this one."""
        if self.task.script is None:
            return CASE_CALLS.format(number=self.number, run=f"X{self.path}calls")
        named = [f'{{"{name}", p{self.number}.{name}}}' for name in self.tests]
        return CASE_TESTS.format(number=self.number, tests=", ".join(named))


def judge_batch(box: Sandbox, tasks: Sequence[Task], oom: Callable[[], bool]) -> list[Result]:
    """The results of tasks, in their order; each as `judge` alone would give it."""
    members = [
        one
        for one in (_member(number, task) for number, task in enumerate(tasks) if task.warm)
        if read(one.program).harmless and one.tested
    ]
    works = len(members) < 2 or _works(box, members[0].task)
    found = _linked(box, members, oom) if works and len(members) > 1 else {}
    results = [
        found[number] if number in found else judge(box, task, oom)
        for number, task in enumerate(tasks)
    ]
    return results if works else [replace(one, notes=(*one.notes, _NOTE)) for one in results]


def _member(number: int, task: Task) -> _Member:
    return _Member(number, task, program_of(task), f"x{os.urandom(8).hex()}")


def _linked(box: Sandbox, members: Sequence[_Member], oom: Callable[[], bool]) -> dict[int, Result]:
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
                    plan = run_plan(one.task, "/proc/self/fd/5", str(one.number))
                    found[one.number] = run(job, one.task, plan, oom, program=(binary,))
    finally:
        os.close(binary)
    return found


def _compiled(job: Job, members: Sequence[_Member], found: dict[int, Result]) -> list[_Member]:
    """Compile each program: those that are one. What is refused for what it says is `found`."""
    good = []
    for one in members:
        built = _compile(job, one)
        if built.ended.late:  # the job is dead
            return []
        if built.ended.status == 0:
            good.append(one)
            continue
        if all(map(_PLAIN.match, built.said.splitlines())):
            found[one.number] = build_failed(one.task, built, run_plan(one.task))
    return good


def _compile(job: Job, one: _Member) -> BuildResult:
    path = one.path
    names = {f"{path}.go": "program.go", f"{path}_calls.go": "main.go"}
    files = {f"{path}.go": one.program.encode(errors="surrogatepass")}
    if one.task.script is None:
        files[f"{path}_calls.go"] = calls(one.task).replace("MARK", f"X{path}").encode()
    shown = ";".join(f"/tmp/{name}=>/tmp/{known}" for name, known in names.items())
    packages = one.task.tools["go_packages"]
    command = compiler(one.task, path, packages, f"{path}.a", "-trimpath", shown, *files)
    built = build(job, command, files, TOOLS)
    said = built.said.replace(f"X{path}", "sodakd")
    for name, known in names.items():
        said = said.replace(name, known)
    return replace(built, said=said)


def _link(job: Job, members: Sequence[_Member], binary: int) -> bool:
    """Link programs, with a `main` that knows them all, into a file in memory."""
    task = members[0].task
    packages = "".join(f"packagefile {one.path}={one.path}.a\n" for one in members)
    with open(task.tools["go_packages"], "rb") as file:
        listed = file.read() + packages.encode()
    imports = [f'    p{one.number} "{one.path}"' for one in members]
    if any(one.task.script is not None for one in members):
        imports += ['    "testing"', '    "testing/internal/testdeps"']
    tested = TESTING if any(one.task.script is not None for one in members) else ""
    main = f"{MAIN}{tested}".replace("IMPORTS", "\n".join(imports))
    main = main.replace("CASES", "\n".join(one.case for one in members)).replace("MARK", "own")
    files = {"main.go": main.encode(), "packages": listed}
    built = build(job, compiler(task, "main", "packages", "main.a", "main.go"), files, TOOLS)
    if built.ended.status == 0:
        command = linker(task, "packages", "/proc/self/fd/3", "main.a")
        built = build(job, command, None, TOOLS, output=(binary,))
    return built.ended.status == 0


_PROBES: Mapping[str, str] = {
    "passed": "",
    "wrong_answer": 't.Errorf("%d", 1)',
    "runtime_error": 'panic("probe")',
}
_NOTE = "Go programs are linked one at a time: linked together they get wrong verdicts here"
_known: dict[str, bool] = {}


def _works(box: Sandbox, task: Task) -> bool:
    """Whether programs linked together get the verdicts they must on this machine; tried once."""
    tools = task.tools["go_packages"]
    if tools not in _known:
        try:
            _known[tools] = _tried(box, task)
        except OSError:
            _known[tools] = False
    return _known[tools]


def _tried(box: Sandbox, task: Task) -> bool:
    form = 'package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {{ {} }}\n'
    probe = replace(task, script="", limits=Limits())
    tasks = [replace(probe, code=form.format(body)) for body in _PROBES.values()]
    called = replace(
        probe,
        code="package main\n\nfunc probe() int { return 7 }\n",
        entry_point="probe",
        arguments=((),),
        argument_types=(),
        result_type="int",
        script=None,
    )
    tasks.append(called)
    found = _linked(box, [_member(*one) for one in enumerate(tasks)], lambda: False)
    outcomes = [found[number].outcome for number in sorted(found)]
    return outcomes == [*_PROBES, ""] and found[len(_PROBES)].values == '{"value":7}\n'
