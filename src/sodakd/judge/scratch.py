"""The folder of a worker, and what sweeps those away whose judge was killed."""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from functools import lru_cache
from pathlib import Path

from sodakd.judge.sandbox.folder import remove_tree

_PREFIX = "sodakd-box-held_"
_YOUNG = 60.0
"""Seconds in which a folder may have been made and not yet locked."""


class ScratchDir:
    """An empty folder. Its lock says that its owner lives: the kernel opens it when the owner ends,
    however it does, and a lock holds for whoever sees the folder, in other containers as well.
    """

    def __init__(self) -> None:
        sweep_once(Path(tempfile.gettempdir()))
        self.name = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # no locks on this disk: it is never swept either
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        remove_tree(self.name)
        os.close(self._lock)


def remove_stale(home: Path) -> None:
    """Remove the folders of this user's that nobody holds."""
    for left in home.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = left.lstat()
            old = time.time() - found.st_mtime > _YOUNG
            if old and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_tree(str(left))
                finally:
                    os.close(lock)


sweep_once = lru_cache(remove_stale)
"""The same, the first time that this process is asked to."""
