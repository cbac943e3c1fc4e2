"""`sodakd` started within milliseconds: a process that has imported its libraries forks itself.

Each command is a process of its own, with the words, the folder, the environment and the files it
was given, and it ends as one does that was started with `python -m sodakd`. What it does at import
is done before: where that is to happen in another environment, a command is to be started cold.
"""

import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Started:
    """A command that runs, or has run."""

    pid: int
    _said: io.RawIOBase

    def kill(self) -> None:
        """End it with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, or the negative number of the signal that ended it. Asked for once."""
        with self._said:
            return int(self._said.readline())


def start(words: Sequence[str], environment: Mapping[str, str], out: int, errors: int) -> Started:
    """Start `sodakd WORDS`. It writes to these descriptors, which stay open here."""
    read, write = os.pipe()
    asked = {"words": words, "environment": dict(environment), "folder": str(Path.cwd())}
    asks, _ = _server()
    socket.send_fds(asks, [json.dumps(asked).encode()], [out, errors, write])
    os.close(write)
    said = io.FileIO(read)
    return Started(int(said.readline()), said)


@cache
def _server() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """The process that forks, and where it is asked. It ends where nobody can ask it any more."""
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-m", "tests.warm", str(theirs.fileno())]
    process = subprocess.Popen(words, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[1])
    theirs.close()
    return own, process


def stop() -> None:
    """End the process that forks, where there is one."""
    if _server.cache_info().currsize:
        asked, process = _server()
        asked.close()
        process.wait()
        _server.cache_clear()


def _serve(asked: socket.socket) -> bool:
    """Fork for each request. True in a process that is to be the command it was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    while True:
        request, descriptors, *_ = socket.recv_fds(asked, 2**20, 3)
        if not request:
            return False
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _watch(json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(request: dict[str, Any], out: int, errors: int, says: int) -> bool:
    """Become the command, in a child whose id and exit code are told."""
    pid = os.fork()
    if pid:
        os.write(says, b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(says, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), out, errors)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.close(says)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["sodakd", *request["words"]]
    return True


if __name__ == "__main__":
    from sodakd.cli import main

    gc.collect()
    gc.freeze()  # what was imported is looked through by no child, and copied for none
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        main()
