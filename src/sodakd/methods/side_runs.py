"""Commands of sodakd, each a process of its own, some side by side: none stops another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Tell = Callable[[str, str], None]
"""Takes the name of a command, and a line that it wrote."""
POLL = 0.2
_CHILD = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with whoever started it
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit(1)
from sodakd.cli import main
main()
"""


@dataclass(frozen=True)
class SideRun:
    """A command: what it is called, its log, and the words after `sodakd`.

    `environment` is laid over that of the process that starts it.
    """

    name: str
    log: Path
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class LogReader:
    """What a command writes into its log from now on, told line by line."""

    def __init__(self, run: SideRun, tell: Tell) -> None:
        self._run = run
        self._tell = tell
        self._read = run.log.stat().st_size if run.log.exists() else 0

    def pass_on(self) -> None:
        """Tell the whole lines that are new."""
        with self._run.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._tell(self._run.name, line)


class StartedRun:
    """A command at work; what it says as it goes is in its log."""

    def __init__(self, run: SideRun) -> None:
        self.run = run
        run.log.parent.mkdir(parents=True, exist_ok=True)
        with run.log.open("ab") as log:
            self._begun = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CHILD, str(os.getpid()), *run.words],
                env={**os.environ, **run.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # its tables, which its folder has as well
                stderr=log,
                start_new_session=True,  # Ctrl-C is told by us, once
            )

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
    waiting, at_work = list(runs), dict[str, tuple[StartedRun, LogReader]]()
    try:
        while waiting or at_work:
            while waiting and len(at_work) < jobs:
                run = waiting.pop(0)
                reader = LogReader(run, tell)
                at_work[run.name] = StartedRun(run), reader
            time.sleep(POLL)
            for name, (started, reader) in list(at_work.items()):
                ended = started.process.poll() is not None
                reader.pass_on()
                if ended:
                    del at_work[name]
                    if started.process.returncode:
                        failed[name] = started.why()
    finally:
        end_runs([started for started, _ in at_work.values()])
    return failed


def end_runs(runs: Sequence[StartedRun]) -> None:
    """Interrupt them and wait until they have ended; an interrupt meanwhile kills them."""
    try:
        for run in runs:
            run.process.terminate()
        for run in runs:
            run.process.wait()
    finally:
        for run in runs:
            run.process.kill()
