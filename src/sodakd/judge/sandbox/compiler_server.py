"""A compiler that is kept running: it reads untrusted text, so it lives in a job of its own.

Messages both ways are a length (four bytes, big-endian) and so many bytes, on its standard input
and output.
"""

import os
import select
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from sodakd.judge.sandbox.accelerator import Accelerator
from sodakd.judge.sandbox.job import Deadline, Job
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, MIB, Limits, Sandbox

_LENGTH = struct.Struct(">I")
_FOREVER = 10**8
_REQUESTS = 500
"""Requests that a server answers before another takes its place."""
_LOOK = 0.05
"""Seconds between two looks at the clock of a server that is at work."""
_ANSWER = 256 * MIB
"""Bytes of the longest answer that is read: a hostile program may have taken the server over."""


class ServerLostError(OSError):
    """The server died, or said what cannot be read."""


class ServerLateError(ServerLostError):
    """The server needed more time than a request may take."""


class CompilerServer:
    """One such process, from its start to its loss."""

    def __init__(self, box: Sandbox, command: Sequence[str]) -> None:
        """Start it. Raises `BoxError` where that cannot be."""
        self._box = box
        self.command = command
        self._answered = 0
        self._lost = False
        limits = Limits(
            cpu_seconds=_FOREVER, wall_seconds=_FOREVER, memory=2048 * MIB, reserve=False,
            sockets=True,
        )  # fmt: skip
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        null = os.open(os.devnull, os.O_RDWR)
        self._job = Job(box, replace(limits, disk=16 * MIB))
        try:
            handed = (theirs.fileno(), theirs.fileno(), null)
            self._pid = self._job.spawn(command, handed, None, ENVIRONMENT, limits)
        except OSError:
            self._job.__exit__(None, None, None)
            self._socket.close()
            raise
        finally:
            theirs.close()
            os.close(null)
        box.companions.add(self._pid)

    @property
    def worn(self) -> bool:
        """Whether another one is to take its place."""
        return self._lost or self._answered >= _REQUESTS

    def ask(self, request: bytes, cpu_seconds: float, wall_seconds: float) -> bytes:
        """The answer to a request.

        Raises:
            ServerLateError: it took too long, and is to be closed.
            ServerLostError: it ended by itself.
        """
        until = Deadline(self._pid, cpu_seconds, wall_seconds)
        try:
            self._write(_LENGTH.pack(len(request)) + request, until)
            (size,) = _LENGTH.unpack(self._read(_LENGTH.size, until))
            if size > _ANSWER:
                raise ServerLostError(f"{self.command[0]} says {size} bytes")
            answer = self._read(size, until)
        except OSError:
            self._lost = True
            raise
        self._answered += 1
        return answer

    def _write(self, content: bytes, until: Deadline) -> None:
        left = memoryview(content)
        while left:
            _check(until)
            _, ready, _ = select.select([], [self._socket], [], _LOOK)
            if ready:
                left = left[self._socket.send(left) :]

    def _read(self, size: int, until: Deadline) -> bytes:
        held = bytearray()
        while len(held) < size:
            _check(until)
            ready, _, _ = select.select([self._socket], [], [], _LOOK)
            if not ready:
                continue
            part = self._socket.recv(min(size - len(held), MIB))
            if not part:
                raise ServerLostError(f"{self.command[0]} ended")
            held += part
        return bytes(held)

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._job.__exit__(None, None, None)
        self._box.companions.discard(self._pid)


class SelfTestedServer:
    """A server that is tested before it is trusted. `test` asks what has a known answer, and
    raises `ValueError` where it gets another."""

    def __init__(self, name: str, test: Callable[[Callable[[bytes], bytes]], None]) -> None:
        self._test = test
        self._held = Accelerator[CompilerServer](name)

    @property
    def note(self) -> str:
        """Why there is none, where there is none."""
        return self._held.note

    def ask(self, box: Sandbox, command: Sequence[str], request: bytes, limits: Limits) -> bytes:
        """Its answer to a request, in the time of `limits`. Raises `OSError` where it has none."""

        def test(server: CompilerServer) -> None:
            self._test(lambda trial: _in_time(server, trial, limits))

        server = self._held.of(command, lambda: CompilerServer(box, command), test)
        try:
            return _in_time(server, request, limits)
        finally:
            if server.worn:
                self._held.close()

    def doubt(self) -> None:
        """Its last answer was an error: it is tested before its next use."""
        self._held.doubt()


def _check(until: Deadline) -> None:
    if until.left() <= 0:
        raise ServerLateError(f"needed more than {until.cpu_seconds:g} CPU seconds")


def _in_time(server: CompilerServer, request: bytes, limits: Limits) -> bytes:
    return server.ask(request, limits.cpu_seconds, limits.wall_seconds)
