"""A control group for the programs of one worker, where this machine lets us make one.

Namespaces and limits hold without it; it adds one roof over the memory of all processes of a
program together, and the kernel's own word that memory was what ended it.
"""

import contextlib
import errno
import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sodakd.judge.sandbox.memory import oom_kills

_ROOT = Path("/sys/fs/cgroup")
_FILES = {1: ("memory.limit_in_bytes", "memory.oom_control"), 2: ("memory.max", "memory.events")}
"""The limit of memory and the count of what it ended, by version."""
_PATIENCE = 5.0
"""Seconds that what was killed may take to be gone."""


@dataclass(frozen=True)
class Cgroup:
    """A group: its folder; descriptors to join it by, of its events, of its statistics."""

    folder: Path
    version: int
    descriptors: tuple[int, int, int]

    def killed_for_memory(self) -> bool:
        """Whether the kernel ended a process of the group for its memory."""
        return oom_kills(self.descriptors[1]) > 0

    def close(self) -> None:
        """End what is left in the group, and remove it."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        kill = self.folder / "cgroup.kill"
        if kill.exists():  # version 2, Linux 5.14 or newer
            kill.write_text("1")
        _remove(self.folder)


def make_cgroup(name: str, memory: int, processes: int) -> Cgroup | None:
    """A group below our own with these limits (bytes, count); None where none can be made."""
    for version, home in _homes():
        folder = home / f"sodakd-{os.getpid()}-{name}"
        try:
            _sweep(home)
            if version == 2:
                _share_out(home)
            folder.mkdir(exist_ok=True)
            limit, events = _FILES[version]
            (folder / limit).write_text(str(memory))
            if version == 2:
                (folder / "pids.max").write_text(str(processes))
                if (folder / "memory.swap.max").exists():  # else the roof would leak there
                    (folder / "memory.swap.max").write_text("0")
            join = os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            counts = os.open(folder / events, os.O_RDONLY)
            statistics = os.open(folder / "memory.stat", os.O_RDONLY)
            return Cgroup(folder, version, (join, counts, statistics))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return None


_LEAF = "sodakd-self"
_SHARED = {"memory", "pids"}
_SHARING = Lock()
_TRIES = 20


def _share_out(home: Path) -> None:
    """Let groups below ours have limits of their own (version 2).

    That takes a group that was given to us, in which no process is: ours go into one below it.
    """
    with _SHARING:
        if _names(home / "cgroup.subtree_control") >= _SHARED:
            return
        if not _given(home):
            raise PermissionError(f"{home} was not given to us")
        if not _names(home / "cgroup.controllers") >= _SHARED:
            raise FileNotFoundError(f"{home} has no limits to share out")
        leaf = home / _LEAF
        leaf.mkdir(exist_ok=True)
        for left in reversed(range(_TRIES)):
            for pid in (home / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):  # it ended
                    (leaf / "cgroup.procs").write_text(pid)
            try:
                wanted = " ".join(f"+{name}" for name in sorted(_SHARED))
                (home / "cgroup.subtree_control").write_text(wanted)
            except OSError as error:
                if error.errno != errno.EBUSY or not left:
                    raise
                continue  # one was born as we looked
            return


def _given(home: Path) -> bool:
    """Whether a group is ours to share out: systemd says so (`Delegate=yes`), or who made it gave
    it, and nothing above it, to the user we are."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(home, name) == b"1":
                return True
    user = os.geteuid()
    return user != 0 and home.stat().st_uid == user != home.parent.stat().st_uid


def _names(file: Path) -> set[str]:
    return set(file.read_text().split())


def _homes() -> list[tuple[int, Path]]:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    homes = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            homes.append((1, _ROOT / "memory" / path.lstrip("/")))
        elif not controllers and (_ROOT / "cgroup.controllers").exists():
            own = _ROOT / path.lstrip("/")
            homes.append((2, own.parent if own.name == _LEAF else own))
    return homes


def _sweep(home: Path) -> None:
    """Remove the groups of judges that were killed."""
    for left in home.glob("sodakd-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                left.rmdir()


def _remove(folder: Path) -> None:
    """Remove a group; what is dying in it is waited for, not for ever."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno == errno.EBUSY and time.monotonic() < deadline:
                time.sleep(0.01)
                continue
        return
