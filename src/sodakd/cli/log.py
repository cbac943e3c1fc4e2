"""A run's log, `run.log`: which command ran when, which steps it began, and why it ended."""

import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sodakd import __version__
from sodakd.errors import SodakdError
from sodakd.jsonl import append_to_log
from sodakd.run import Progress, ProgressCallback

LOG = "run.log"


class _Log:
    """The log of a run folder; nothing is written before the folder holds a run."""

    def __init__(self, folder: Path, on_progress: ProgressCallback) -> None:
        self._path = folder / LOG
        self._head = folder / "run.json"
        self._on_progress = on_progress
        self._step = ""
        self._begun = False

    def progress(self, progress: Progress) -> None:
        """Log each step that begins and each remark, and pass the progress on."""
        if progress.step != self._step:
            self._step = progress.step
            self.say(progress.step)
        if progress.remark:
            self.say(f"{progress.step}: {progress.note}")
        self._on_progress(progress)

    def say(self, text: str) -> None:
        """Add lines, the command's own first; none where the folder is no run's."""
        if not self._head.exists():
            return
        if not self._begun:
            self._begun = True
            self._add(f"begins: sodakd {__version__}: {shlex.join(sys.argv[1:])}")
        self._add(text)

    def _add(self, text: str) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        # A full disk is told by whoever has something to write; a log must not hide that.
        with suppress(OSError):
            append_to_log(self._path, f"{at}  {text}")


@contextmanager
def logging_to(folder: Path, on_progress: ProgressCallback) -> Iterator[ProgressCallback]:
    """Keep the log of a run's folder; yields the progress callback that writes it."""
    log = _Log(folder, on_progress)
    try:
        yield log.progress
    except SodakdError as error:
        log.say(f"ends: error: {error}")
        raise
    except KeyboardInterrupt as interrupt:
        log.say(f"ends: stopped by {str(interrupt) or 'Ctrl-C'}")
        raise
    except BaseException:
        log.say(f"ends: {traceback.format_exc().strip()}")
        raise
    log.say("ends: done")
