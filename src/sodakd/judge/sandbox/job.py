"""Jobs as Python sees them: namespaces for one program, and commands started inside them.

Where the machine has no namespaces for us, a job is a folder, rules of Landlock, and a filter that
forbids more (`landlock.py`); where it has neither, a folder and that filter.
"""

import contextlib
import ctypes
import errno
import fnmatch
import os
import re
import select
import signal
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Self

from sodakd.judge.sandbox import landlock
from sodakd.judge.sandbox.folder import over_disk_quota, remove_tree
from sodakd.judge.sandbox.sandbox import (
    BoxError,
    CJob,
    CLimits,
    ExitInfo,
    Limits,
    RawExit,
    Sandbox,
    UnwritableError,
)
from sodakd.judge.sandbox.task import full

_LOOK = 0.05
"""Seconds between two looks at the memory of a program."""
_MOST_STARVED = 3
"""So many times its wall time a program may wait for a core without that being counted."""
_HOME = re.compile(r"(?<![\w.-])/tmp(?![^/:])")
"""A job's folder, where a command names it. The machine's own /tmp is called /sodakd/tmp."""


class Job:
    """The namespaces of one program. A context: all that lives in them dies at its end."""

    def __init__(self, box: Sandbox, limits: Limits) -> None:
        self._box = box
        self.limits = limits
        self._limits = box.limits(limits)
        self._job = CJob(0, -1, None, None, 0)
        self._children: dict[int, Callable[[int], RawExit]] = {}
        self._folder = ""
        if box.walls.alone:
            self._open_folder()
        elif box.wall.job_open(ctypes.byref(self._job), ctypes.byref(self._limits)):
            raise BoxError(ctypes.get_errno(), "a job could not be opened")
        self.null = os.open(os.devnull, os.O_RDONLY)
        """What its processes read: one for each job, whose locks and flags end with it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.null)
        self._box.kill(self._job)
        for child, reap in self._children.items():
            with contextlib.suppress(BoxError):
                reap(child)
        if self._folder:
            self._close_folder()
        else:
            self._box.wall.job_reap(ctypes.byref(self._job))

    def content(self, name: str) -> bytes:
        """What a file holds that a compiler has made in the job's folder."""
        how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(f"{self._home}/{name}", how)
        except OSError:
            return b""
        with open(descriptor, "rb") as file:
            return file.read(self.limits.disk)

    def contents(self, pattern: str) -> dict[str, bytes]:
        """The files that a compiler has made in the job's folder, of names that match."""
        return {
            name: self.content(name) for name in fnmatch.filter(os.listdir(self._home), pattern)
        }

    @property
    def _home(self) -> str:
        """The job's folder, as we see it. Its programs may have put anything there."""
        return self._folder or f"/proc/{self._job.pid}/root/tmp"

    def _write(self, files: Mapping[str, bytes]) -> None:
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        for name, content in files.items():
            if os.path.basename(name) != name:
                raise UnwritableError(errno.EINVAL, f"{name!r} is no name of a file")
            try:
                with open(os.open(f"{self._home}/{name}", how, 0o755), "wb") as file:
                    file.write(content)
            except OSError as error:
                raise UnwritableError(error.errno, f"{name!r}: {error.strerror}") from error

    def _open_folder(self) -> None:
        walls = self._box.walls
        self._folder = f"{walls.room}/{self._box.runs}"
        os.mkdir(self._folder, 0o700)
        if walls.own_ids:
            os.chown(self._folder, self._limits.uid, self._limits.uid)
        self._job.folder = self._folder.encode()
        if walls.kind == "landlock":
            own = landlock.place_rule(self._folder, landlock.OWN)
            self._job.ruleset = landlock.ruleset([*walls.seen, own])
            os.close(own[0])
        self._box.jobs += 1

    def _close_folder(self) -> None:
        walls = self._box.walls
        if self._job.ruleset:
            os.close(self._job.ruleset)
        self._box.jobs -= 1
        if self._box.jobs == 0:
            landlock.reap_all(scoped=walls.scoped)
        remove_tree(self._folder)

    def _there(self, text: str) -> str:
        """A part of a command, with the folders that it names where they are."""
        if not self._folder:
            return text
        return _HOME.sub(self._folder, text).replace("/sodakd/tmp", "/tmp")

    @property
    def pidfd(self) -> int:
        """A hold on the process that owns the namespaces."""
        return int(self._job.pidfd)

    def limits_of(self, limits: Limits) -> CLimits:
        """Limits as the C side takes them, for one more process of this job."""
        own = self._box.limits(limits)
        own.uid = self._limits.uid
        return own

    def adopt(self, pid: int, reap: Callable[[int], RawExit]) -> None:
        """Take a process that somebody else started in this job; `reap` waits for its end."""
        self._children[pid] = reap

    def spawn(
        self,
        arguments: Sequence[str],
        descriptors: Sequence[int],
        files: Mapping[str, bytes] | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> int:
        """Start a command in the job's /tmp. `descriptors` become 0, 1, 2, ...; gives its pid."""
        own = self.limits_of(limits or self.limits)
        self._write(files or {})
        seen = {**(environment or {}), **({"TMPDIR": "/tmp"} if self._folder else {})}
        pid = self._box.wall.job_spawn(
            ctypes.byref(self._job),
            ctypes.byref(own),
            _strings(map(self._there, arguments)),
            _strings(f"{key}={self._there(value)}" for key, value in seen.items()),
            (ctypes.c_int * len(descriptors))(*descriptors),
            len(descriptors),
        )
        if pid < 0:
            error = ctypes.get_errno()
            said = f"{arguments[0]} did not start ({os.strerror(error)}, {-pid})"
            raise BoxError(error, said)
        self._children[pid] = _reap
        return int(pid)

    def wait(
        self, pid: int, limits: Limits | None = None, written: Collection[int] = ()
    ) -> ExitInfo:
        """Wait for a child of the job; where it passes a limit, the whole job is killed.

        `written` are memory files that it writes to, which may hold as much as its output may.
        """
        limits = limits or self.limits
        descriptor = os.pidfd_open(pid)
        deadline = Deadline(pid, limits, new=True)
        late = over = much = full_disk = many = False
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while True:
                left = deadline.left()
                if left <= 0:
                    late = True
                elif poll.poll(max(1, int(min(left, _LOOK) * 1000) + 1)):
                    break
                elif self._box.memory.of_program() > limits.memory:
                    over = True
                elif any(full(file, limits.output) for file in written):
                    much = True
                elif self._folder:
                    full_disk = over_disk_quota(self._folder, limits.disk)
                    many = self._box.memory.tasks_of_program() > limits.processes
                if late or over or much or full_disk or many:
                    self._box.kill(self._job)
                    break
        finally:
            os.close(descriptor)
        left_over = self._children.pop(pid)(pid)
        status = left_over.status
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        # Where we looked too late the kernel has ended it: its soft and its hard limit are one.
        spent = number == signal.SIGKILL and left_over.cpu_seconds >= limits.cpu_seconds
        return ExitInfo(
            status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            signal=number,
            cpu_seconds=left_over.cpu_seconds,
            wall_seconds=time.monotonic() - deadline.begun,
            peak_memory=left_over.peak_memory,
            late=late or spent or number == signal.SIGXCPU,
            over_memory=over or (limits.reserve and left_over.peak_memory > limits.memory),
            over_disk=full_disk,
        )


class Deadline:
    """The time that a process may take: its CPU seconds, and wall seconds, those left out in which
    it waits for a core. Both begin now, or with the process (`new`).
    """

    def __init__(self, pid: int, limits: Limits, *, new: bool = False) -> None:
        self._pid = pid
        self._clock = (~pid << 3) | 2  # of a whole process: clock_getcpuclockid(3)
        self._cpu_seconds, self._wall_seconds = limits.cpu_seconds, limits.wall_seconds
        self.begun = time.monotonic()
        self._used = 0.0 if new else self._cpu()
        self._starved = 0.0 if new else cpu_wait_seconds(pid)

    def _cpu(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def left(self) -> float:
        """The seconds that are left of whichever ends first."""
        passed = time.monotonic() - self.begun
        if passed >= self._wall_seconds:
            waited = cpu_wait_seconds(self._pid) - self._starved
            passed -= min(waited, _MOST_STARVED * self._wall_seconds)
        cpu = self._cpu_seconds - (self._cpu() - self._used)
        return min(cpu, self._wall_seconds - passed)


def _reap(pid: int) -> RawExit:
    _, status, usage = os.wait4(pid, 0)
    return RawExit(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _strings(texts: Iterable[str]) -> "ctypes.Array[ctypes.c_char_p]":
    held = [text.encode() for text in texts]
    return (ctypes.c_char_p * (len(held) + 1))(*held, None)


def cpu_wait_seconds(pid: int) -> float:
    """Seconds that a thread of a process waited for a core, of the one that waited longest."""
    longest = 0
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with (
                contextlib.suppress(OSError, ValueError, IndexError),
                open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file,
            ):
                longest = max(longest, int(file.read().split()[1]))
    return longest / 1e9
