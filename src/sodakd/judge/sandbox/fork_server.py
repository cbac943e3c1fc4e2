"""A runtime that is started once and forks itself into a job for every program (`forks.c`).

Only our own code has run in it before it forks.
"""

import array
import contextlib
import ctypes
import os
import signal
import socket
import struct
from collections.abc import Mapping, Sequence

from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import BoxError, CLimits, Limits, RawExit, Sandbox


class _Asked(ctypes.Structure):
    """A request, see `forks.c`."""

    _fields_ = [("reap", ctypes.c_long), ("limits", CLimits)]


_PID = struct.Struct("i")
_ENDED = struct.Struct("i4x5l104x")
"""A wait status; seconds and microseconds of user and of system time, peak KiB; what else a `struct
rusage` holds."""


class ForkServer:
    """A process of ours that waits to be forked; it is asked over a socket, its descriptor 3."""

    def __init__(
        self, box: Sandbox, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Start it. Raises `OSError` where it does not start."""
        self._box = box
        ours, theirs = socket.socketpair()
        null = os.open(os.devnull, os.O_RDWR)
        # Nothing of the worker's is handed on: least of all the socket of those who ask it.
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                os.set_inheritable(int(name), False)
        try:
            given = ((null, 0), (null, 1), (null, 2), (theirs.fileno(), 3))
            self.pid = os.posix_spawn(
                command[0],
                list(command),
                dict(environment),
                file_actions=[(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in given],
                # What Python ignores is handed on.
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        finally:
            os.close(null)
            theirs.close()
        self._socket = ours

    def fork(self, job: Job, descriptors: Sequence[int], limits: Limits) -> int:
        """A fork of it inside a job, by its pid; `descriptors` become 0, 1, 2, ... Raises
        `BoxError` where there is none."""
        own = _Asked(0, job.limits_of(limits))
        handed = array.array("i", [job.pidfd, *descriptors])
        try:
            self._socket.sendmsg(
                [bytes(own)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed.tobytes())]
            )
            (pid,) = _PID.unpack(self._read(_PID.size))
        except OSError as error:
            raise BoxError(f"a warm process is lost: {error}") from error
        if pid < 0:
            raise BoxError("a warm process could not be forked")
        job.adopt(pid, self._reap)
        return int(pid)

    def _reap(self, pid: int) -> RawExit:
        self._socket.sendall(bytes(_Asked(pid)))
        status, user, micro, system, more, peak = _ENDED.unpack(self._read(_ENDED.size))
        return RawExit(status, user + system + (micro + more) / 1e6, peak * 1024)

    def _read(self, size: int) -> bytes:
        held = self._socket.recv(size, socket.MSG_WAITALL)
        if len(held) < size:
            raise BoxError("a warm process ended")
        return held

    def close(self) -> None:
        """End it: it leaves when its socket closes."""
        self._socket.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
