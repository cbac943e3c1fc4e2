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
from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.job import Deadline, Job
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, MIB, Limits, Sandbox

_LENGTH = struct.Struct(">I")
_FOREVER = 10**8
_REQUESTS = 500
"""Requests that a server answers before another takes its place."""
_LOOK = 50
"""Milliseconds between two looks at the clock of a server that is at work."""
_ANSWER = 256 * MIB
"""Bytes of the longest answer that is read: a hostile program may have taken the server over."""


class ServerLateError(OSError):
    """The server needed more time than a request may take."""


class CompilerServer:
    """One such process, from its start to its loss."""

    def __init__(self, box: Sandbox, command: Sequence[str]) -> None:
        """Start it. Raises `BoxError` where that cannot be."""
        self._box, self._name = box, command[0]
        self.left = _REQUESTS
        """Requests after which another is to take its place."""
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

    def ask(self, request: bytes) -> bytes:
        """The answer to a request. Raises `ServerLateError` where it took too long, else `OSError`
        where it ended; either way it is to be closed."""
        until = Deadline(self._pid, BUILD)
        left, self.left = self.left - 1, 0
        self._write(_LENGTH.pack(len(request)) + request, until)
        (size,) = _LENGTH.unpack(self._read(_LENGTH.size, until))
        if size > _ANSWER:
            raise OSError(f"{self._name} says {size} bytes")
        answer = self._read(size, until)
        self.left = left
        return answer

    def _write(self, content: bytes, until: Deadline) -> None:
        left = memoryview(content)
        while left:
            self._wait(until, select.POLLOUT)
            left = left[self._socket.send(left) :]

    def _read(self, size: int, until: Deadline) -> bytes:
        held = bytearray()
        while len(held) < size:
            self._wait(until, select.POLLIN)
            part = self._socket.recv(min(size - len(held), MIB))
            if not part:
                raise OSError(f"{self._name} ended")
            held += part
        return bytes(held)

    def _wait(self, until: Deadline, event: int) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        while until.left() > 0:
            if poll.poll(_LOOK):
                return
        raise ServerLateError(f"needed more than {BUILD.cpu_seconds:g} CPU seconds")

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._job.__exit__(None, None, None)
        self._box.companions.discard(self._pid)


class SelfTestedServer(Accelerator[CompilerServer]):
    """A server that is tested before it is trusted. `test` asks what has a known answer, and
    raises `ValueError` where it gets another."""

    def __init__(self, name: str, test: Callable[[Callable[[bytes], bytes]], None]) -> None:
        super().__init__(name)
        self._test = test

    def ask(self, box: Sandbox, command: Sequence[str], request: bytes) -> bytes:
        """Its answer to a request. Raises `OSError` where it has none."""
        server = self.of(
            command, lambda: CompilerServer(box, command), lambda made: self._test(made.ask)
        )
        try:
            return server.ask(request)
        finally:
            if not server.left:
                self.close()
