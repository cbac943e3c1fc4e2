"""Programs that are built by a command and run by a command, in one job: what six languages share.

The build and the run are started inside the same job, behind the same wall; each has limits of its
own. A program that is called writes what it gives to descriptor 3; one with a script of its own
writes, after the script's end, a nonce that it found in descriptor 4 before anything else ran.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sodakd.judge.sandbox.elf import static_size
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import MIB, ExitInfo, Limits, Sandbox, UnwritableError
from sodakd.judge.sandbox.task import Result, Task, bad_end, full, text_of
from sodakd.judge.sandbox.text import shorten
from sodakd.judge.sandbox.undefined import undefined_in_tests

VALUES = 16 * MIB

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

_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}


Start = Callable[[Job, Sequence[int], Limits], int]
"""Starts a program in a job, with descriptors that become 0, 1, 2, ...; gives its pid."""


_NEVER = re.compile(r"\0never")


def _nothing(_: str) -> str:
    return ""


@dataclass(frozen=True)
class BuildPlan:
    """How one program is built and run. Commands are whole paths; files lie in the job's /tmp.

    `environment` is the program's, `building` what its compiler sees beside that. `wrong` and
    `memory` find, in what a program said, a failed assertion and an end of memory. `lacking` names,
    by what a compiler said, what the tests need and the machine has not; `oversized` finds there
    that a program declares more memory than its linker has places for. `start` starts the run in
    another way than by the command `run`.
    """

    files: Mapping[str, bytes]
    build: tuple[Sequence[str], ...]
    run: Sequence[str]
    wrong: re.Pattern[str]
    memory: re.Pattern[str] = _NEVER
    words: Callable[[str], str] = str
    oversized: re.Pattern[str] = _NEVER
    environment: Mapping[str, str] = field(default_factory=dict)
    building: Mapping[str, str] = field(default_factory=dict)
    reserve: bool = True
    processes: int = 128
    sockets: bool = False
    start: Start | None = None
    lacking: Callable[[str], str] = _nothing


def build_and_run(box: Sandbox, task: Task, plan: BuildPlan, oom: Callable[[], bool]) -> Result:
    """Build a program and run it: its result, with the values it gave where it was called."""
    with job_of(box, task.limits) as job:
        files: Mapping[str, bytes] | None = plan.files
        try:
            for command in plan.build:
                built = build(job, command, files, {**plan.environment, **plan.building})
                files = None
                if built.ended.status != 0:
                    return build_failed(task, built, plan)
            return run(job, task, plan, oom, files)
        except UnwritableError:
            return rejected(task, "its files do not fit on the disk, or their names are too long")


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
        seen = {**_ENVIRONMENT, **environment}
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
    limits = replace(
        task.limits, reserve=plan.reserve, processes=plan.processes, sockets=plan.sockets
    )
    nonce = os.urandom(16).hex()
    with MemFile("output") as output, MemFile("result") as result:
        read, write = os.pipe()
        try:
            os.write(write, nonce.encode())
            os.close(write)
            os.fchmod(read, 0o444)  # Java opens it by its name
            descriptors = (job.null, output, output, result, read, *program)
            seen = {**_ENVIRONMENT, **plan.environment}
            if plan.start is not None:
                pid = plan.start(job, descriptors, limits)
            else:
                pid = job.spawn(plan.run, descriptors, files, seen, limits, limits.output)
        finally:
            os.close(read)
        whole = replace(limits, disk=job.limits.disk)
        ended = job.wait(pid, whole, written=(output, result))
        over = oom() or (ended.signal != 0 and not _could_start(job, plan.run[0], limits))
        return _judged(task, plan, ended, over, output, result, nonce)


def _could_start(job: Job, program: str, limits: Limits) -> bool:
    """Whether the kernel had room for what a program declares; who has none dies as it starts."""
    name = program.removeprefix("/tmp/")
    size = 0 if "/" in name else static_size(job.content(name))
    return size <= min(limits.data, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def build_failed(task: Task, built: BuildResult, plan: BuildPlan) -> Result:
    """The result of a program that its compiler refused."""
    ended, said = built.ended, built.said
    if name := plan.lacking(said):
        return _result(task, "no_verdict", "compile", ended, MISSING.format(name=name))
    if name := undefined_in_tests(task, said):
        return _result(task, "no_verdict", "compile", ended, UNDEFINED.format(name=name))
    if plan.oversized.search(said):
        return _result(task, "memory_limit", "compile", ended, said)
    if ended.late:
        said = f"the compiler needed more than {BUILD.cpu_seconds:g} CPU seconds\n{said}"
    return _result(task, "compile_error", "compile", ended, said or f"the compiler ended: {ended}")


def rejected(task: Task, said: str) -> Result:
    """The result of a program that a compiler which is kept running did not take."""
    if name := undefined_in_tests(task, said):
        return _unjudged(task, UNDEFINED.format(name=name))
    isolation = "split" if task.script is None else "in_process"
    return Result("compile_error", "compile", shorten(said), isolation=isolation)


MISSING = "the tests cannot run here: {name} is missing"
"""What is said where the tests need what the machine has not: the program is not to blame."""
UNDEFINED = "the tests cannot run here: they use {name}, and nobody defines it"


def missing(task: Task, name: str) -> Result:
    """The result of a program whose tests need what the machine has not."""
    return _unjudged(task, MISSING.format(name=name))


def _unjudged(task: Task, why: str) -> Result:
    isolation = "split" if task.script is None else "in_process"
    return Result("no_verdict", "compile", why, isolation=isolation)


def _judged(
    task: Task, plan: BuildPlan, ended: ExitInfo, oom: bool, output: int, result: int, nonce: str
) -> Result:
    said = plan.words(text_of(output))
    written_out = full(output, task.limits.output) or full(result, task.limits.output)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=oom)
    if outcome:
        return _result(task, outcome, "run", ended, f"{why}\n{said}" if said else why)
    given = text_of(result, VALUES)
    for word, form in (("missing ", MISSING), ("undefined ", UNDEFINED)):
        if given.startswith(word):
            why = form.format(name=given.removeprefix(word))
            return _result(task, "no_verdict", "run", ended, why)
    if ended.status != 0:
        if plan.memory.search(said):
            return _result(task, "memory_limit", "run", ended, said)
        if plan.wrong.search(said):
            return _result(task, "wrong_answer", "run", ended, said)
        why = f"ended by signal {ended.signal}" if ended.signal else f"ended with {ended.status}"
        return _result(task, "runtime_error", "run", ended, f"{said}\n{why}".strip())
    if given.startswith("compile "):
        return _result(task, "compile_error", "compile", ended, given.removeprefix("compile "))
    if task.script is None:
        return _result(task, "", "run", ended, said, values=given)
    if given != nonce and task.script.strip():  # a file without tests may leave as it likes
        return _result(task, "no_verdict", "run", ended, said or "it ended before its tests did")
    return _result(task, "passed", "run", ended, said)


def _result(
    task: Task, outcome: str, stage: str, ended: ExitInfo, output: str, values: str | None = None
) -> Result:
    return Result(
        outcome=outcome,
        stage=stage,
        output=shorten(output),
        values=values,
        isolation="split" if task.script is None else "in_process",
        cpu_seconds=ended.cpu_seconds,
        wall_seconds=ended.wall_seconds,
        peak_memory=ended.peak_memory,
    )


class MemFile:
    """A file in memory, as a context."""

    def __init__(self, name: str) -> None:
        self._descriptor = os.memfd_create(name)

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
