"""Run as a program: a server that ends with whoever started it, its own children with it.

    python supervise.py PARENT CORES COMMAND [ARGUMENT]...

The kernel tells this process when its parent is gone, however it went. It then asks the server to
end, and kills what is left after a while. Servers start processes of their own, and some hear no
signal while they load a model; one that hears none is killed all the same.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

PATIENCE = 5
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(parent: int, cores: str, command: list[str]) -> int:
    """The server's exit status; nothing of it lives on after that.

    `cores`: the numbers of those that it may use, with commas between them; all if there are none.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1)  # orphans of the server become children of this process
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 1
    if cores:
        os.sched_setaffinity(0, map(int, cores.split(",")))
    server = subprocess.Popen(
        command,
        preexec_fn=lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 - no threads
    )

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        server.terminate()
        signal.alarm(PATIENCE)  # a wait in here could not end: the one below holds the lock

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, lambda *_: server.kill())
    status = server.wait()
    signal.alarm(0)
    _kill_orphans()
    return status if status >= 0 else 128 - status


def _kill_orphans() -> None:
    """Kill the children that are left, and those that become ours by that."""
    for _ in range(100):
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not children:
            return
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
