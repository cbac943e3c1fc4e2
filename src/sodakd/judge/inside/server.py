"""A compiler that is kept running: it reads untrusted text, so it lives in a job of its own.

Messages both ways are a length (four bytes, big-endian) and so many bytes, on its standard input
and output. Nothing but the standard library is imported here.
"""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sodakd.judge.inside.box import MIB, Box, Limits
from sodakd.judge.inside.job import MOST_STARVED, Job, starved

_LENGTH = struct.Struct(">I")
_FOREVER = 10**8
_LOOK = 0.05
"""Seconds between two looks at the clock of a server that is at work."""
_ANSWER = 256 * MIB
"""Bytes of the longest answer that is read: a hostile program may have taken the server over."""


class ServerLostError(OSError):
    """The server died, or said what cannot be read."""


class ServerLateError(ServerLostError):
    """The server needed more time than a request may take."""


@dataclass(frozen=True)
class Command:
    """How a server is started, how much memory it may take, and how many requests it answers."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    memory: int = 2048 * MIB
    processes: int = 128
    requests: int = 500


class Server:
    """One such process. It is started at the first request, and anew when it was lost or is old."""

    def __init__(self, box: Box, command: Command) -> None:
        self._box = box
        self.command = command
        self._job: Job | None = None
        self._socket: socket.socket | None = None
        self._pid = 0
        self._answered = 0

    def ask(self, request: bytes, cpu_seconds: float, wall_seconds: float) -> bytes:
        """The answer to a request.

        Raises:
            ServerLateError: it took too long, and was ended.
            ServerLostError: it ended by itself.
            BoxError: it could not be started.
        """
        if self._answered >= self.command.requests:
            self.close()
        if self._socket is None:
            self._start()
        assert self._socket is not None
        until = _Until(self._pid, cpu_seconds, wall_seconds)
        try:
            self._write(_LENGTH.pack(len(request)) + request, until)
            (size,) = _LENGTH.unpack(self._read(_LENGTH.size, until))
            if size > _ANSWER:
                raise ServerLostError(f"{self.command.arguments[0]} says {size} bytes")
            answer = self._read(size, until)
        except OSError:
            self.close()
            raise
        self._answered += 1
        return answer

    def _start(self) -> None:
        limits = Limits(
            cpu_seconds=_FOREVER, wall_seconds=_FOREVER, memory=self.command.memory,
            processes=self.command.processes, reserve=False, sockets=True,
        )  # fmt: skip
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        null = os.open(os.devnull, os.O_RDWR)
        job = Job(self._box, replace(limits, disk=16 * MIB))
        try:
            handed = (theirs.fileno(), theirs.fileno(), null)
            self._pid = job.spawn(
                self.command.arguments, handed, None, self.command.environment, limits
            )
        except OSError:
            job.__exit__(None, None, None)
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(null)
        self._job, self._socket, self._answered = job, ours, 0
        self._box.companions.add(self._pid)

    def _write(self, content: bytes, until: "_Until") -> None:
        assert self._socket is not None
        left = memoryview(content)
        while left:
            until.check()
            _, ready, _ = select.select([], [self._socket], [], _LOOK)
            if ready:
                left = left[self._socket.send(left) :]

    def _read(self, size: int, until: "_Until") -> bytes:
        assert self._socket is not None
        held = bytearray()
        while len(held) < size:
            until.check()
            ready, _, _ = select.select([self._socket], [], [], _LOOK)
            if not ready:
                continue
            part = self._socket.recv(min(size - len(held), MIB))
            if not part:
                raise ServerLostError(f"{self.command.arguments[0]} ended")
            held += part
        return bytes(held)

    def close(self) -> None:
        """End it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._job is not None:
            self._job.__exit__(None, None, None)
            self._job = None
            self._box.companions.discard(self._pid)


class Kept:
    """A server that is tested before it is trusted, and given up where the test fails.

    `note` says so then. `test` asks what has a known answer, and raises `ValueError`.
    """

    def __init__(self, name: str, test: Callable[[Callable[[bytes], bytes]], None]) -> None:
        self._name = name
        self._test = test
        self._server: Server | None = None
        self.note = ""

    def ask(self, box: Box, command: Command, request: bytes, limits: Limits) -> bytes:
        """Its answer to a request, in the time of `limits`. Raises `OSError` where it has none."""
        if self.note:
            raise ServerLostError(self.note)
        if self._server is None:
            server = Server(box, command)
            try:
                self._test(lambda trial: _in_time(server, trial, limits))
            except (OSError, ValueError) as error:
                server.close()
                self.note = f"{self._name} cannot be kept running here: {error}"
                raise ServerLostError(self.note) from error
            self._server = server
        return _in_time(self._server, request, limits)


def _in_time(server: Server, request: bytes, limits: Limits) -> bytes:
    return server.ask(request, limits.cpu_seconds, limits.wall_seconds)


class _Until:
    """The time a request may take: CPU seconds of the server from now on, and wall seconds, those
    left out in which it waits for a core."""

    def __init__(self, pid: int, cpu_seconds: float, wall_seconds: float) -> None:
        self._pid = pid
        self._clock = (~pid << 3) | 2
        self._cpu_seconds = cpu_seconds
        self._cpu = self._used() + cpu_seconds
        self._begun, self._wall_seconds = time.monotonic(), wall_seconds
        self._starved = starved(pid)

    def _used(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def check(self) -> None:
        wall = time.monotonic() - self._begun
        if wall > self._wall_seconds:
            excused = starved(self._pid) - self._starved
            wall -= min(excused, MOST_STARVED * self._wall_seconds)
        if self._used() > self._cpu or wall > self._wall_seconds:
            raise ServerLateError(f"needed more than {self._cpu_seconds:g} CPU seconds")
