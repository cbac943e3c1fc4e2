"""A control group for the programs of one worker, where this machine lets us make one.

Namespaces and limits hold without it; it adds one roof over the memory of all processes of a
program together, and the kernel's own word that memory was what ended it.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Cgroup:
    """A group: its folder, a descriptor to join it by, those of its counts."""

    folder: Path
    version: int
    join: int
    events: int
    statistics: int

    def close(self) -> None:
        """Remove the group, once nothing lives in it."""
        os.close(self.join)
        os.close(self.events)
        os.close(self.statistics)
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def make_cgroup(name: str, memory: int, processes: int) -> Cgroup | None:
    """A group below our own with these limits (bytes, count); None where none can be made."""
    for version, home in _homes():
        folder = home / f"sodakd-{os.getpid()}-{name}"
        try:
            _sweep(home)
            if version == 2:
                _share_out(home)
            folder.mkdir(exist_ok=True)
            if version == 1:
                (folder / "memory.limit_in_bytes").write_text(str(memory))
                events = "memory.oom_control"
            else:
                (folder / "memory.max").write_text(str(memory))
                (folder / "pids.max").write_text(str(processes))
                events = "memory.events"
            join = os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            counts = os.open(folder / events, os.O_RDONLY)
            statistics = os.open(folder / "memory.stat", os.O_RDONLY)
            return Cgroup(folder, version, join, counts, statistics)
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return None


_LEAF = "sodakd-self"


def _share_out(home: Path) -> None:
    """Let groups below ours have limits of their own (version 2).

    That takes a group that was given to us (systemd's `Delegate=yes`), in which no process is: ours
    go into one below it.
    """
    wanted = {"memory", "pids"}
    if wanted <= set((home / "cgroup.subtree_control").read_text().split()):
        return
    if os.getxattr(home, "user.delegate") != b"1":
        raise PermissionError(f"{home} was not given to us")
    leaf = home / _LEAF
    leaf.mkdir(exist_ok=True)
    for pid in (home / "cgroup.procs").read_text().split():
        (leaf / "cgroup.procs").write_text(pid)
    (home / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(wanted)))


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
