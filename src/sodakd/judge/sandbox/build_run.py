"""Programs that are built by a command and run by a command, in one job: what all languages share.

The build and the run are started inside the same job, behind the same wall; each has limits of its
own. A program that is called writes what it gives to descriptor 3; one with a script of its own
writes, after the script's end, a nonce that it found in descriptor 4 before anything else ran, and
may write an outcome behind it.
"""

import contextlib
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sodakd.judge.sandbox.elf import static_size
from sodakd.judge.sandbox.fork_server import ForkServer
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import (
    ENVIRONMENT,
    MIB,
    ExitInfo,
    Limits,
    Sandbox,
    UnwritableError,
)
from sodakd.judge.sandbox.task import Result, Task, bad_end, ended_result, full, text_of
from sodakd.judge.sandbox.text import shorten
from sodakd.text.compiler_errors import MISSING, UNDEFINED, UNREAD, Joined, fault_of_tests

VALUES = 16 * MIB
_TOLD = ("passed", "wrong_answer", "runtime_error", "no_verdict", "memory_limit", "output_limit")
"""Outcomes that may stand behind a nonce. Calls have none: their values are judged elsewhere."""
_WHY = 400
"""Characters that are kept of why a program did not pass."""
_OF_TESTS = {"missing": MISSING, "undefined": UNDEFINED, "unread": UNREAD}
"""What a program's process says of its tests, and the words for it."""

BUILD = Limits(
    cpu_seconds=30,
    wall_seconds=60,
    memory=2048 * MIB,
    output=MIB,
    disk=256 * MIB,
    reserve=False,
    sockets=True,
    compiler=True,
)
"""What a compiler may use."""

_NEVER = re.compile(r"\0never")


@dataclass(frozen=True)
class BuildPlan:
    """How one program is built and run. Commands are whole paths; files lie in the job's /tmp.

    `environment` is the program's, `building` what its compiler sees beside that. `asked` is what
    it finds in descriptor 5. `wrong` and `memory` find, in what it said, a failed assertion and an
    end of memory. `lacking` names, by what a compiler said, what the tests need and the machine has
    not; `oversized` finds there that a program declares more memory than its linker has places for.
    `warm` starts the runtime of `run` as one that is forked; `fork` is such a runtime.
    """

    files: Mapping[str, bytes]
    run: Sequence[str]
    warm: Sequence[str] = ()
    build: tuple[Sequence[str], ...] = ()
    asked: bytes = b""
    wrong: re.Pattern[str] = _NEVER
    memory: re.Pattern[str] = _NEVER
    words: Callable[[str], str] = str
    oversized: re.Pattern[str] = _NEVER
    environment: Mapping[str, str] = field(default_factory=dict)
    building: Mapping[str, str] = field(default_factory=dict)
    reserve: bool = True
    sockets: bool = False
    fork: ForkServer | None = None
    lacking: Callable[[str], str] = lambda _: ""


def build_and_run(box: Sandbox, task: Task, plan: BuildPlan, oom: Callable[[], bool]) -> Result:
    """Build a program and run it: its result, with the values it gave where it was called."""
    with job_of(box, task.limits) if plan.build else Job(box, task.limits) as job:
        files: Mapping[str, bytes] | None = plan.files
        try:
            for command in plan.build:
                built = build(job, command, files, {**plan.environment, **plan.building})
                files = None
                if built.ended.status != 0:
                    return build_failed(task, built, plan)
            return run(job, task, plan, oom, files)
        except UnwritableError:
            return refused(task, "its files do not fit on the disk, or their names are too long")


def job_of(box: Sandbox, limits: Limits) -> Job:
    """A job with room for a compiler and its files."""
    return Job(box, replace(limits, disk=max(limits.disk, BUILD.disk)))


@dataclass(frozen=True)
class BuildResult:
    """How a compiler ended, and what it said."""

    ended: ExitInfo
    said: str


def build(
    job: Job,
    command: Sequence[str],
    files: Mapping[str, bytes] | None,
    environment: Mapping[str, str],
    output: Sequence[int] = (),
) -> BuildResult:
    """Run a compiler in a job. `output`: descriptors it may write to, as 3, 4, ..."""
    with MemFile("messages") as messages:
        descriptors = (job.null, messages, messages, *output)
        seen = {**ENVIRONMENT, **environment}
        pid = job.spawn(command, descriptors, files, seen, BUILD, BUILD.disk)
        return BuildResult(job.wait(pid, BUILD), text_of(messages))


def run(
    job: Job,
    task: Task,
    plan: BuildPlan,
    oom: Callable[[], bool],
    files: Mapping[str, bytes] | None = None,
    program: Sequence[int] = (),
) -> Result:
    """Run what was built. `program`: a descriptor the command names as 5, where it needs one."""
    limits = replace(task.limits, reserve=plan.reserve, sockets=plan.sockets)
    nonce = os.urandom(16).hex()
    with MemFile("output") as output, MemFile("result") as result, contextlib.ExitStack() as held:
        read, write = os.pipe()
        held.callback(os.close, read)
        os.write(write, nonce.encode())
        os.close(write)
        os.fchmod(read, 0o444)  # Java opens it by its name
        if plan.asked:
            asked = held.enter_context(MemFile("asked"))
            left = memoryview(plan.asked)
            while left:
                left = left[os.write(asked, left) :]
            os.lseek(asked, 0, os.SEEK_SET)
            program = (asked,)
        descriptors = (job.null, output, output, result, read, *program)
        if plan.fork is not None:
            pid = plan.fork.fork(job, descriptors, limits, limits.output)
        else:
            seen = {**ENVIRONMENT, **plan.environment}
            pid = job.spawn(plan.run, descriptors, files, seen, limits, limits.output)
        whole = replace(limits, disk=job.limits.disk)
        ended = job.wait(pid, whole, written=(output, result))
        over = oom() or (ended.signal != 0 and not _could_start(job, plan.run[0], limits))
        return _judged(task, plan, ended, over, output, result, nonce)


def _could_start(job: Job, program: str, limits: Limits) -> bool:
    """Whether the kernel had room for what a program declares; who has none dies as it starts."""
    name = program.removeprefix("/tmp/")
    size = 0 if "/" in name else static_size(job.content(name))
    return size <= min(limits.data, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _fault(task: Task, said: str, lacking: str) -> str:
    """Why the tests cannot be put to any program; `lacking` is what the machine has not."""
    if lacking:
        return MISSING.format(name=lacking)
    if task.script is None:
        return ""
    return fault_of_tests(Joined(task.language, task.code, task.entry_point, task.script), said)


def build_failed(task: Task, built: BuildResult, plan: BuildPlan) -> Result:
    """The result of a program that its compiler refused."""
    ended, said = built.ended, built.said
    if fault := _fault(task, said, plan.lacking(said)):
        return ended_result(task, "no_verdict", "compile", ended, fault)
    if plan.oversized.search(said):
        return ended_result(task, "memory_limit", "compile", ended, said)
    if ended.late:
        said = f"the compiler needed more than {BUILD.cpu_seconds:g} CPU seconds\n{said}"
    elif ended.over_memory or ended.signal == signal.SIGKILL:  # by us, or by the kernel
        said = f"the compiler needed more than {BUILD.memory // MIB} MiB\n{said}"
    said = said or f"the compiler ended with status {ended.status}, signal {ended.signal}"
    return ended_result(task, "compile_error", "compile", ended, said)


def refused(task: Task, said: str, lacking: str = "") -> Result:
    """The result of a program that a compiler which is kept running did not take; `lacking` is
    what its tests need and the machine has not.
    """
    fault = _fault(task, said, lacking)
    outcome, said = ("no_verdict", fault) if fault else ("compile_error", said)
    return Result(outcome, "compile", shorten(said), isolation=task.isolation)


def _judged(
    task: Task, plan: BuildPlan, ended: ExitInfo, oom: bool, output: int, result: int, nonce: str
) -> Result:
    said = plan.words(text_of(output))
    written_out = full(output, task.limits.output) or full(result, task.limits.output)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=oom)
    if outcome:
        return ended_result(task, outcome, "run", ended, f"{why}\n{said}" if said else why)
    given = text_of(result, VALUES)
    told, _, reason = given.removeprefix(nonce).partition("\n")
    if task.script is not None and given.startswith(nonce) and told in _TOLD:
        outcome, said, why = told, said.rstrip("\n"), shorten(reason, _WHY)
    elif found := re.match(r"(missing|undefined|unread) (.*)", given, re.DOTALL):
        outcome, said, why = "no_verdict", "", _OF_TESTS[found[1]].format(name=found[2])
    elif ended.status != 0:
        if plan.memory.search(said):
            outcome = "memory_limit"
        elif plan.wrong.search(said):
            outcome = "wrong_answer"
        else:
            outcome = "runtime_error"
            by = f"by signal {ended.signal}" if ended.signal else f"with {ended.status}"
            why = f"ended {by}"
    elif given.startswith("compile "):
        why = given.removeprefix("compile ")
        return ended_result(task, "compile_error", "compile", ended, why)
    elif task.script is None:
        return ended_result(task, "", "run", ended, said, values=given)
    elif given != nonce and task.script.strip():  # a file without tests may leave as it likes
        outcome, why = "no_verdict", "" if said else "it ended before its tests did"
    else:
        outcome = "passed"
    said = "\n".join(filter(None, (said.rstrip("\n") if why else said, why)))
    return ended_result(task, outcome, "run", ended, said)


class MemFile:
    """A file in memory, as a context."""

    def __init__(self, name: str) -> None:
        self._descriptor = os.memfd_create(name)

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
