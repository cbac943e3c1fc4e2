"""`sodakd` started within milliseconds: a process that has imported its libraries forks itself.

Each command is a process of its own, with the words, the folder, the environment and the files it
was given, and it ends as one does that was started with `python -m sodakd`. What it does at import
is done before: what reads its environment at import (`HF_HOME`) is to be started cold.
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
from importlib import import_module
from pathlib import Path
from runpy import run_module
from typing import Any

LOOKS = ("sodakd.recipe_file", "sodakd.requirements", "sodakd.console")
"""What commands import that read a recipe, or rows, and say something of it."""
TRAINS = (
    *LOOKS, "sodakd.methods.run_recipe", "sodakd.training.train", "sodakd.training.from_scratch",
    "sodakd.inference.transformers", "sodakd.inference.hf_generate", "sodakd.report.page",
    "transformers.models.llama.modeling_llama",
)  # fmt: skip
"""What those import that train or answer: torch, and all that comes with it."""


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


def start(
    words: Sequence[str],
    environment: Mapping[str, str],
    out: int,
    errors: int,
    libraries: tuple[str, ...] = TRAINS,
    module: str = "sodakd",
) -> Started:
    """Start `python -m MODULE WORDS`. It writes to these descriptors, which stay open here."""
    read, write = os.pipe()
    asked = {
        "words": [module, *words],
        "environment": dict(environment),
        "folder": str(Path.cwd()),
    }
    socket.send_fds(_server(libraries), [json.dumps(asked).encode()], [out, errors, write])
    os.close(write)
    said = io.FileIO(read)
    return Started(int(said.readline()), said)


_SERVERS: dict[tuple[str, ...], tuple[socket.socket, "subprocess.Popen[bytes]"]] = {}
"""By what they have imported: the processes that fork, and where they are asked."""


def _server(libraries: tuple[str, ...]) -> socket.socket:
    """Where a process is asked that has imported these. It ends where nobody can ask it."""
    if libraries not in _SERVERS:
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-m", "tests.warm", str(theirs.fileno()), *libraries]
        root = Path(__file__).parents[1]
        _SERVERS[libraries] = own, subprocess.Popen(words, pass_fds=[theirs.fileno()], cwd=root)
        theirs.close()
    return _SERVERS[libraries][0]


def stop() -> None:
    """End the processes that fork."""
    while _SERVERS:
        _, (asked, process) = _SERVERS.popitem()
        asked.close()
        process.wait()


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
    sys.argv = request["words"]
    return True


if __name__ == "__main__":
    from sodakd.judge.toolchains import toolchain
    from sodakd.types import Language

    for library in ("sodakd.cli", *sys.argv[2:]):
        import_module(library)
    for language in Language:  # each compiler is asked for its version: a second in all
        toolchain(language)
    gc.collect()
    gc.freeze()  # what was imported is looked through by no child, and copied for none
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        run_module(sys.argv[0], run_name="__main__", alter_sys=True)
