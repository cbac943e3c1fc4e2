"""Programs that are built by a command and run by a command, in one job: what all languages share.

The build and the run are started inside the same job, behind the same wall; each has limits of its
own. A program that is called writes what it gives to descriptor 3; one with a script of its own
writes, after the script's end, a nonce that it found in descriptor 4 before anything else ran, and
may write an outcome behind it. One that reads standard input is built in a job, and run in others
(`stdio_run.py`).
"""

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sodakd.judge.sandbox.execute import BuildPlan, execute, failed, memory_file
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import (
    ENVIRONMENT,
    MIB,
    ExitInfo,
    Limits,
    Sandbox,
    UnwritableError,
)
from sodakd.judge.sandbox.stdio_run import run_cases
from sodakd.judge.sandbox.task import Result, Task, bad_end, ended_result, full, text_of
from sodakd.judge.sandbox.text import shorten
from sodakd.text import compiler_errors

VALUES = 16 * MIB
_TOLD = ("passed", "wrong_answer", "runtime_error", "no_verdict", "memory_limit", "output_limit")
"""Outcomes that may stand behind a nonce. Calls have none: their values are judged elsewhere."""
_WHY = 400
"""Characters that are kept of why a program did not pass."""
_OF_TESTS = {
    "missing": compiler_errors.MISSING,
    "undefined": compiler_errors.UNDEFINED,
    "unread": compiler_errors.UNREAD,
}
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


def build_and_run(box: Sandbox, task: Task, plan: BuildPlan, oom: Callable[[], bool]) -> Result:
    """Build a program and run it: its result, with the values it gave where it was called."""
    room = partial(job_of if plan.build else Job, box)
    try:
        if task.stdin is not None and not plan.build:
            return run_cases(task, plan, oom, room)
        with room(task.limits) as job:
            seen = {**plan.environment, **plan.building}
            for command in plan.build:
                ended, said = build(job, command, plan.files, seen)
                if ended.status != 0:
                    return build_failed(task, ended, said, plan)
                plan = replace(plan, files={})
            if task.stdin is None:
                return run(job, task, plan, oom)
            plan = replace(plan, files=job.contents(plan.made))
        return run_cases(task, plan, oom, room)
    except UnwritableError:
        return refused(task, "its files do not fit on the disk, or their names are too long")


def job_of(box: Sandbox, limits: Limits) -> Job:
    """A job with room for a compiler and its files."""
    return Job(box, replace(limits, disk=max(limits.disk, BUILD.disk)))


def build(
    job: Job,
    command: Sequence[str],
    files: Mapping[str, bytes],
    environment: Mapping[str, str],
    output: Sequence[int] = (),
) -> tuple[ExitInfo, str]:
    """Run a compiler in a job: how it ended, and what it said. `output`: descriptors it may write
    to, as 3, 4, ..."""
    with memory_file("messages") as messages:
        descriptors = (job.null, messages, messages, *output)
        seen = {**ENVIRONMENT, **environment}
        pid = job.spawn(command, descriptors, files, seen, BUILD)
        return job.wait(pid, BUILD), text_of(messages)


def run(job: Job, task: Task, plan: BuildPlan, oom: Callable[[], bool]) -> Result:
    """Run what was built."""
    nonce = os.urandom(16).hex()
    with memory_file("output") as output, memory_file("result") as result:
        streams = (job.null, output, output, result)
        ended, over = execute(job, plan, task.limits, streams, nonce, oom)
        said, given = plan.words(text_of(output)), text_of(result, VALUES)
        written_out = full(output, task.limits.output) or full(result, task.limits.output)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=over)
    if outcome:
        return ended_result(task, outcome, "run", ended, f"{why}\n{said}" if said else why)
    told, _, reason = given.removeprefix(nonce).partition("\n")
    if task.script is not None and given.startswith(nonce) and told in _TOLD:
        outcome, said, why = told, said.rstrip("\n"), shorten(reason, _WHY)
    elif (found := re.match(r"(missing|undefined|unread) (.*)", given, re.DOTALL)) and (
        found[1] != "undefined"
        or compiler_errors.is_of_tests(found[2], task.code, task.entry_point)
    ):
        outcome, said, why = "no_verdict", "", _OF_TESTS[found[1]].format(name=found[2])
    elif ended.status != 0:
        outcome, why = failed(plan, ended, said)
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


def _fault(task: Task, said: str, lacking: str) -> str:
    """Why the tests cannot be put to any program; `lacking` is what the machine has not."""
    if task.stdin is not None:
        return ""
    if lacking:
        return compiler_errors.MISSING.format(name=lacking)
    if task.script is None:
        return ""
    joined = compiler_errors.Joined(task.language, task.code, task.entry_point, task.script)
    return compiler_errors.fault_of_tests(joined, said)


def build_failed(task: Task, ended: ExitInfo, said: str, plan: BuildPlan) -> Result:
    """The result of a program that its compiler refused."""
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
