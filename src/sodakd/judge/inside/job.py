"""Jobs as Python sees them: namespaces for one program, and commands started inside them.

Nothing but the standard library is imported here.
"""

import contextlib
import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sodakd.judge.inside.memory import Memory

MIB = 2**20
_LOOK = 0.05
"""Seconds between two looks at the memory of a program."""


class BoxError(OSError):
    """The sandbox itself failed: never a program's verdict."""


@dataclass(frozen=True)
class Limits:
    """What a program may use. Seconds of CPU and wall time; bytes.

    `reserve`: the address space is held to `memory` as well; not so for runtimes that reserve
    more than they use: their `memory` is held by what they write to (RLIMIT_DATA) and the cgroup.
    `sockets`: to ask for one of the network is refused, not a violation.
    """

    cpu_seconds: float = 5.0
    wall_seconds: float = 12.0
    memory: int = 512 * MIB
    output: int = MIB
    disk: int = 64 * MIB
    processes: int = 64
    open_files: int = 256
    reserve: bool = True
    sockets: bool = False


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status or signal, what it used, whether its time was up.

    `over_memory`: all processes of its job together held more than it may.
    """

    status: int
    signal: int
    cpu_seconds: float
    wall_seconds: float
    peak_memory: int
    late: bool
    over_memory: bool = False


@dataclass(frozen=True)
class Exit:
    """What is left of a process that ended: its wait status, and what it used."""

    status: int
    cpu_seconds: float
    peak_memory: int


class _Limits(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_long)
        for name in (
            "cpu_seconds", "address_space", "data", "file_size", "processes", "open_files",
            "stack", "disk", "inodes", "uid", "sockets",
        )
    ]  # fmt: skip


class _Job(ctypes.Structure):
    _fields_ = [("pid", ctypes.c_int), ("pidfd", ctypes.c_int), ("stack", ctypes.c_void_p)]


class _File(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("content", ctypes.c_char_p),
        ("size", ctypes.c_size_t),
    ]


class _Command(ctypes.Structure):
    _fields_ = [
        ("job", ctypes.POINTER(_Job)),
        ("limits", ctypes.POINTER(_Limits)),
        ("arguments", ctypes.POINTER(ctypes.c_char_p)),
        ("environment", ctypes.POINTER(ctypes.c_char_p)),
        ("descriptors", ctypes.POINTER(ctypes.c_int)),
        ("descriptor_count", ctypes.c_int),
        ("files", ctypes.POINTER(_File)),
        ("file_count", ctypes.c_int),
        ("failed", ctypes.c_int),
    ]


class Box:
    """What all jobs of a worker share: the compiled wall and the user ids.

    `companions` are the pids of what is kept running beside programs; `memory` counts what the
    processes of a program hold together.
    """

    def __init__(self, library: str, *, own_ids: bool, statistics: int = -1) -> None:
        self.library = ctypes.CDLL(library, use_errno=True)
        self.companions: set[int] = set()
        self.memory = Memory(statistics, self.companions)
        self._own_ids = own_ids
        self._runs = 0

    def limits(self, limits: Limits) -> "_Limits":
        """The limits as the C side takes them, with a user id that no earlier run had."""
        self._runs += 1
        whole = max(1, int(limits.cpu_seconds) + 1)
        return _Limits(
            cpu_seconds=whole,
            address_space=limits.memory if limits.reserve else -1,
            data=limits.memory,
            file_size=max(limits.output, limits.disk),
            processes=limits.processes,
            open_files=limits.open_files,
            stack=min(limits.memory // 4, 64 * MIB) if limits.reserve else -1,
            disk=limits.disk,
            inodes=4096,
            uid=1000 + self._runs % 60000 if self._own_ids else -1,
            sockets=int(limits.sockets),
        )


class Job:
    """The namespaces of one program. A context: all that lives in them dies at its end."""

    def __init__(self, box: Box, limits: Limits) -> None:
        self._box = box
        self.limits = limits
        self._limits = box.limits(limits)
        self._job = _Job(0, -1, None)
        self._children: dict[int, Callable[[int], Exit]] = {}
        if box.library.job_open(ctypes.byref(self._job), ctypes.byref(self._limits)):
            raise BoxError(ctypes.get_errno(), "a job could not be opened")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        library = self._box.library
        library.job_kill(ctypes.byref(self._job))
        for child, reap in self._children.items():
            with contextlib.suppress(BoxError):
                reap(child)
        library.job_reap(ctypes.byref(self._job))

    def fork(self) -> int:
        """Fork the calling process into the job; 0 in the child, which must `enter`."""
        library = self._box.library
        if library.job_birthplace(ctypes.byref(self._job)):
            raise BoxError(ctypes.get_errno(), "a job could not be joined")
        pid = os.fork()
        if pid == 0:
            return 0
        library.job_birthplace(None)
        self._children[pid] = _reap
        return pid

    @property
    def pidfd(self) -> int:
        """A hold on the process that owns the namespaces."""
        return int(self._job.pidfd)

    def limits_of(self, limits: Limits, output: int) -> "_Limits":
        """Limits as the C side takes them, for one more process of this job."""
        own = self._box.limits(limits)
        own.uid = self._limits.uid
        own.file_size = output
        return own

    def adopt(self, pid: int, reap: Callable[[int], Exit]) -> None:
        """Take a process that somebody else started in this job; `reap` waits for its end."""
        self._children[pid] = reap

    def enter(self, first_closed: int, output: int | None = None) -> None:
        """In a forked child: become untrusted. Descriptors from `first_closed` on are closed."""
        if output is not None:
            self._limits.file_size = output
        failed = self._box.library.job_enter(
            ctypes.byref(self._job), ctypes.byref(self._limits), first_closed
        )
        if failed:
            os._exit(120)
        self._box.library.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: nobody looks into our memory

    def spawn(
        self,
        arguments: Sequence[str],
        descriptors: Sequence[int],
        files: Mapping[str, bytes] | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        output: int | None = None,
    ) -> int:
        """Start a command in the job's /tmp. `descriptors` become 0, 1, 2, ...; gives its pid."""
        most = output or max(self.limits.output, self.limits.disk)
        own = self.limits_of(limits or self.limits, most)
        held = [(name.encode(), content) for name, content in (files or {}).items()]
        array = (_File * max(1, len(held)))(*(_File(n, c, len(c)) for n, c in held))
        command = _Command(
            ctypes.pointer(self._job),
            ctypes.pointer(own),
            _strings(arguments),
            _strings([f"{key}={value}" for key, value in (environment or {}).items()]),
            (ctypes.c_int * len(descriptors))(*descriptors),
            len(descriptors),
            array,
            len(held),
            0,
        )
        pid = int(self._box.library.job_spawn(ctypes.byref(command)))
        if pid < 0:
            error = ctypes.get_errno()
            raise BoxError(
                error, f"{arguments[0]} did not start ({os.strerror(error)}, {command.failed})"
            )
        self._children[pid] = _reap
        return pid

    def end(self, pid: int) -> Ended:
        """Kill the job, and say how its child ended."""
        self._box.library.job_kill(ctypes.byref(self._job))
        return self.wait(pid)

    def wait(self, pid: int, limits: Limits | None = None, clock_of: int | None = None) -> Ended:
        """Wait for a child of the job; where its time is up, the whole job is killed.

        `clock_of` is another process whose CPU time counts instead.
        """
        limits = limits or self.limits
        begun = time.monotonic()
        descriptor = os.pidfd_open(pid)
        clock = (
            ~(clock_of or pid) << 3
        ) | 2  # the CPU clock of a whole process, see clock_getcpuclockid(3)
        late = over = False
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while True:
                try:
                    used = time.clock_gettime(clock)
                except OSError:
                    used = 0.0
                passed = time.monotonic() - begun
                left = min(limits.cpu_seconds - used, limits.wall_seconds - passed)
                if left <= 0:
                    late = True
                    self._box.library.job_kill(ctypes.byref(self._job))
                    break
                if poll.poll(max(1, int(min(left, _LOOK) * 1000) + 1)):
                    break
                if self._box.memory.of_program() > limits.memory:
                    over = True
                    self._box.library.job_kill(ctypes.byref(self._job))
                    break
        finally:
            os.close(descriptor)
        left_over = self._children.pop(pid)(pid)
        status = left_over.status
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return Ended(
            status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            signal=number,
            cpu_seconds=left_over.cpu_seconds,
            wall_seconds=time.monotonic() - begun,
            peak_memory=left_over.peak_memory,
            late=late or number == signal.SIGXCPU,
            over_memory=over,
        )


def _reap(pid: int) -> Exit:
    _, status, usage = os.wait4(pid, 0)
    return Exit(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _strings(texts: Sequence[str]) -> "ctypes.Array[ctypes.c_char_p]":
    return (ctypes.c_char_p * (len(texts) + 1))(*(text.encode() for text in texts), None)
