"""One process of a program: how it is started, what stands in its descriptors, how it ended."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sodakd.judge.sandbox.elf import static_size
from sodakd.judge.sandbox.fork_server import ForkServer
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, ExitInfo, Limits

NEVER = re.compile(r"\0never")


@dataclass(frozen=True)
class BuildPlan:
    """How one program is built and run. Commands are whole paths; files lie in the job's /tmp.

    `environment` is the program's, `building` what its compiler sees beside that. It finds `asked`
    in descriptor 5, or has that of `program` there. `wrong` and `memory` find, in what it said, a
    failed assertion and an end of memory. `lacking` names, by what a compiler said, what the tests
    need and the machine has not; `oversized` finds there that a program declares more memory than
    its linker has places for. `warm` starts the runtime of `run` as one that is forked; `fork` is
    such a runtime. `made` is a pattern of the files that a build makes and a run needs.
    """

    run: Sequence[str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    warm: Sequence[str] = ()
    build: tuple[Sequence[str], ...] = ()
    asked: bytes = b""
    program: tuple[int, ...] = ()
    wrong: re.Pattern[str] = NEVER
    memory: re.Pattern[str] = NEVER
    words: Callable[[str], str] = str
    oversized: re.Pattern[str] = NEVER
    environment: Mapping[str, str] = field(default_factory=dict)
    building: Mapping[str, str] = field(default_factory=dict)
    reserve: bool = True
    sockets: bool = False
    fork: ForkServer | None = None
    lacking: Callable[[str], str] = lambda _: ""
    made: str = ""


Streams = tuple[int, int, int, int]
"""The memory files of a process: what it reads; what it writes, twice; and what came of it."""


def execute(
    job: Job,
    plan: BuildPlan,
    limits: Limits,
    streams: Streams,
    nonce: str,
    oom: Callable[[], bool],
) -> tuple[ExitInfo, bool]:
    """Run what was built: how it ended, and whether for lack of memory."""
    limits = replace(limits, reserve=plan.reserve, sockets=plan.sockets)
    with contextlib.ExitStack() as held:
        read, write = os.pipe()
        held.callback(os.close, read)
        os.write(write, nonce.encode())
        os.close(write)
        os.fchmod(read, 0o444)  # Java opens it by its name
        given = (*streams, read, *plan.program)
        if plan.asked:
            given = (*given, held.enter_context(memory_file("asked", plan.asked)))
        if plan.fork is not None:
            pid = plan.fork.fork(job, given, limits)
        else:
            seen = {**ENVIRONMENT, **plan.environment}
            pid = job.spawn(plan.run, given, plan.files, seen, limits)
        whole = replace(limits, disk=job.limits.disk)
        ended = job.wait(pid, whole, written=set(streams[1:]))
    over = oom() or (ended.signal != 0 and not _could_start(job, plan.run[0], limits))
    return ended, over


def _could_start(job: Job, program: str, limits: Limits) -> bool:
    """Whether the kernel had room for what a program declares; who has none dies as it starts."""
    name = program.removeprefix("/tmp/")
    size = 0 if "/" in name else static_size(job.content(name))
    return size <= min(limits.data, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def failed(plan: BuildPlan, ended: ExitInfo, said: str) -> tuple[str, str]:
    """The outcome of a process that ended with an error of its own, and why."""
    if plan.memory.search(said):
        return "memory_limit", ""
    if plan.wrong.search(said):
        return "wrong_answer", ""
    by = f"by signal {ended.signal}" if ended.signal else f"with {ended.status}"
    return "runtime_error", f"ended {by}"


@contextlib.contextmanager
def memory_file(name: str, content: bytes = b"") -> Iterator[int]:
    """A file in memory, as its descriptor; what it holds is read from its beginning."""
    descriptor = os.memfd_create(name)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
