"""What the jobs of a worker share, and the limits of a program: `contain.c` as Python sees it."""

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.judge.sandbox import landlock, namespaces, seccomp
from sodakd.judge.sandbox.memory import Memory

MIB = 2**20
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
FILES = 4096
"""Files and folders that a program may make."""
_STACK = 64 * MIB
_ARENA = 128 * MIB
"""What the stack of a thread may take, and what its `malloc` reserves."""


class BoxError(OSError):
    """The sandbox itself failed: never a program's verdict."""


class UnwritableError(BoxError):
    """The files of a program cannot be written: a name too long, too many, too much of them."""


@dataclass(frozen=True)
class Limits:
    """What a program may use. Seconds of CPU and wall time; bytes.

    `memory` is what all processes together hold, looked at 20 times a second, and the roof of the
    control group: address space is no memory, and threads reserve more of it than they use.
    `reserve`: a deep stack, and the peak of the first process counts as well; not so for runtimes
    that have stacks of their own and hold files in memory.
    `sockets`: to ask for one of the network is refused, not a violation. `compiler`: code of ours,
    that reads what is not.
    """

    cpu_seconds: float = 5.0
    wall_seconds: float = 12.0
    memory: int = 512 * MIB
    output: int = MIB
    disk: int = 64 * MIB
    processes: int = 128
    open_files: int = 256
    reserve: bool = True
    sockets: bool = False
    compiler: bool = False

    @property
    def data(self) -> int:
        """Bytes of address space for what a process may write to, its threads' stacks included."""
        return self.memory + self.processes * _STACK


@dataclass(frozen=True)
class ExitInfo:
    """How a process ended: its exit status or signal, what it used, whether its time was up.

    `over_memory`: all processes of its job together held more than it may; `over_disk`: so did the
    files in its folder.
    """

    status: int
    signal: int
    cpu_seconds: float
    wall_seconds: float
    peak_memory: int
    late: bool
    over_memory: bool = False
    over_disk: bool = False


@dataclass(frozen=True)
class RawExit:
    """What is left of a process that ended: its wait status, and what it used."""

    status: int
    cpu_seconds: float
    peak_memory: int


_STEPS = 192
"""Instructions that a filter of a program may have."""

_Filter = ctypes.c_ubyte * (8 * _STEPS)
_KINDS = 16
_Most = ctypes.c_long * _KINDS
"""By RLIMIT_*; -1: as it is."""
_NONE_OF = (4, 8, 12, 13, 14)
"""RLIMIT_CORE, _MEMLOCK, _MSGQUEUE, _NICE, _RTPRIO."""


class CLimits(ctypes.Structure):
    """`Limits` as `contain.c` takes them."""

    _fields_ = [
        ("most", _Most),
        *((name, ctypes.c_long) for name in ("disk", "inodes", "uid", "bounded", "steps")),
        ("filter", _Filter),
    ]


class CJob(ctypes.Structure):
    """`struct job` of `contain.c`."""

    _fields_ = [
        ("pid", ctypes.c_int),
        ("pidfd", ctypes.c_int),
        ("stack", ctypes.c_void_p),
        ("folder", ctypes.c_char_p),
        ("ruleset", ctypes.c_int),
    ]


@dataclass(frozen=True)
class SandboxState:
    """What stands around a worker: `namespaces`, `landlock` or `none`.

    Without namespaces, jobs are folders in `room`; `seen` is what Landlock lets them read.
    """

    kind: str
    own_ids: bool = False
    room: str = ""
    seen: Sequence[landlock.Rule] = ()

    @property
    def alone(self) -> bool:
        """Whether there are no namespaces."""
        return self.kind != "namespaces"

    @property
    def scoped(self) -> bool:
        """Whether signals reach what descends from us alone."""
        return self.kind == "landlock"


class Sandbox:
    """What all jobs of a worker share: the compiled wall (`contain.c`) and the user ids.

    `path` is where the wall lies. `companions` are the pids of what is kept running beside
    programs; `memory` counts what the processes of a program hold together.
    """

    def __init__(self, library: str, walls: SandboxState, statistics: int = -1) -> None:
        self.path = library
        self.wall = ctypes.CDLL(library, use_errno=True)
        self.walls = walls
        self.companions: set[int] = set()
        self.memory = Memory(statistics, self.companions, above=os.getpid() if walls.alone else 0)
        self.jobs = 0
        self.runs = 0

    def limits(self, limits: Limits) -> CLimits:
        """The limits as the C side takes them, with a user id that no earlier run had."""
        self.runs += 1
        whole = max(1, int(limits.cpu_seconds) + 1)
        alone = self.walls.alone
        steps = seccomp.of_program(asks=limits.sockets, alone=alone and not limits.compiler)
        others = 0 if self.walls.own_ids or not alone else self.memory.tasks_of_user()
        first_id = namespaces.FIRST_FOREIGN_ID if alone else 1000
        most = {
            resource.RLIMIT_CPU: whole,
            resource.RLIMIT_DATA: limits.data,
            resource.RLIMIT_FSIZE: max(limits.output, limits.disk),
            resource.RLIMIT_NOFILE: limits.open_files,
            resource.RLIMIT_NPROC: limits.processes + others,
            **dict.fromkeys(_NONE_OF, 0),
        }
        if limits.reserve:
            most[resource.RLIMIT_AS] = limits.memory + limits.processes * (_STACK + _ARENA)
            most[resource.RLIMIT_STACK] = min(limits.memory // 4, _STACK)
        return CLimits(
            most=_Most(*(most.get(what, -1) for what in range(_KINDS))),
            disk=limits.disk,
            inodes=FILES,
            uid=first_id + self.runs % 60000 if self.walls.own_ids else -1,
            bounded=-1 if alone else namespaces.KEPT,
            steps=len(steps) // 8,
            filter=_Filter.from_buffer_copy(steps.ljust(8 * _STEPS)),
        )

    def kill(self, job: CJob) -> None:
        """Kill all that lives in a job; without namespaces, in all of them."""
        if self.walls.alone:
            landlock.kill_all(scoped=self.walls.scoped)
        elif job.pid:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(job.pidfd, signal.SIGKILL)
