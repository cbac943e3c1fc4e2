"""Commands of sodakd, each a process of its own, some side by side: none stops another."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Tell = Callable[[str, str], None]
"""Takes the name of a command, and a line that it wrote."""
_PR_SET_PDEATHSIG = 1
_POLL = 0.2


@dataclass(frozen=True)
class SideRun:
    """A command: what it is called, its log, and the words after `sodakd`."""

    name: str
    log: Path
    words: Sequence[str]


class _Started:
    """A command at work. What it says as it goes is in its log, each line to `tell` as well."""

    def __init__(self, run: SideRun, tell: Tell) -> None:
        self.run = run
        self._tell = tell
        run.log.parent.mkdir(parents=True, exist_ok=True)
        with run.log.open("ab") as log:
            self._read = self._begun = log.tell()
            parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

            def end_with_parent() -> None:
                prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != parent:
                    os._exit(1)

            self.process = subprocess.Popen(
                [sys.executable, "-m", "sodakd", *run.words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # its tables, which its folder has as well
                stderr=log,
                start_new_session=True,  # Ctrl-C is told by us, once
                preexec_fn=end_with_parent,  # noqa: PLW1509 - there are no threads here
            )

    def pass_on(self) -> None:
        """Tell the whole lines that are new."""
        with self.run.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._tell(self.run.name, line)

    def why(self) -> str:
        """Why it failed: its error's first line, a signal, else the last line it wrote."""
        with self.run.log.open("rb") as log:
            log.seek(self._begun)
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        code = self.process.returncode
        if code == -signal.SIGKILL and not errors:
            return "it was killed, by somebody or for want of memory"
        return (errors or lines[-1:] or [f"exit code {code}"])[0]


def run_aside(runs: Sequence[SideRun], jobs: int, tell: Tell) -> dict[str, str]:
    """Run all, so many side by side; return why the ones that failed did, by name.

    One that fails stops no other. An interrupt is passed on to those at work, which keep what is
    paid for; a second one ends them at once. They end with this process, however it ends.
    """
    failed: dict[str, str] = {}
    waiting, at_work = list(runs), list[_Started]()
    try:
        while waiting or at_work:
            while waiting and len(at_work) < jobs:
                at_work.append(_Started(waiting.pop(0), tell))
            time.sleep(_POLL)
            for started in list(at_work):
                ended = started.process.poll() is not None
                started.pass_on()
                if ended:
                    at_work.remove(started)
                    if started.process.returncode:
                        failed[started.run.name] = started.why()
    finally:
        _end([started.process for started in at_work])
    return failed


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    try:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    finally:
        for process in processes:
            process.kill()
