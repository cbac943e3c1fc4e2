"""How much memory the processes of a program hold together.

Limits of the kernel hold for each process; a program may have many.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_NAMES = ("anon", "rss")
"""What the memory of processes is called by control groups, version 2 and 1."""


@dataclass(frozen=True)
class _Process:
    parent: int
    user: int
    tasks: int
    inside: bool
    own: int
    shared: int
    tables: int


class Memory:
    """Counts the bytes of the program that runs now.

    `statistics` is a descriptor of the control group's, or -1; `companions` are pids of what is
    kept running. `above`: without namespaces, the process all of whose descendants are a program's.
    Without a control group what a fork shares with its parent counts for both, if the kernel does
    not tell more: it tells nothing about forks of ours.
    """

    def __init__(self, statistics: int, companions: Collection[int], above: int = 0) -> None:
        self._statistics = statistics
        self._companions = companions
        self._above = above

    def of_program(self) -> int:
        """Bytes in all its processes, with their page tables; files in memory left out."""
        seen = _all()
        program = self._program(seen)
        beside = sum(
            _share(pid, "Pss_Shmem", seen[pid].shared) + seen[pid].tables for pid in program
        )
        if self._statistics < 0 or self._above:
            return beside + sum(_share(pid, "Pss_Anon", seen[pid].own) for pid in program)
        others = sum(one.own for pid, one in seen.items() if pid not in program)
        return beside + self._group() - others

    def tasks_of_user(self) -> int:
        """Threads of the user we are, in all processes of the machine."""
        user = os.getuid()
        return sum(one.tasks for one in _all().values() if one.user == user)

    def tasks_of_program(self) -> int:
        """Threads of all processes of the program."""
        seen = _all()
        return sum(seen[pid].tasks for pid in self._program(seen))

    def _program(self, seen: Mapping[int, _Process]) -> set[int]:
        if not self._above:
            return {pid for pid, one in seen.items() if one.inside and pid not in self._companions}
        return _below(self._above, seen)

    def _group(self) -> int:
        """Bytes of all processes of the control group, each page once."""
        text = os.pread(self._statistics, 8192, 0).decode()
        lines = dict(line.split() for line in text.splitlines())
        return next((int(lines[name]) for name in _NAMES if name in lines), 0)


def descendants(root: int) -> set[int]:
    """The processes below one."""
    return _below(root, _all())


def _below(root: int, seen: Mapping[int, _Process]) -> set[int]:
    below = {root}
    while more := {pid for pid, one in seen.items() if one.parent in below} - below:
        below |= more
    return below - {root}


def oom_kills(events: int) -> int:
    """How many processes of a control group the kernel ended for its memory, by its events; 0
    where there is none (-1)."""
    text = os.pread(events, 4096, 0).decode() if events >= 0 else ""
    return next((int(line[9:]) for line in text.splitlines() if line.startswith("oom_kill ")), 0)


def _all() -> dict[int, _Process]:
    return {
        pid: found
        for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
        if (found := _look(pid)) is not None
    }


def _look(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/status") as status:
            said = dict(line.split(":", 1) for line in status if ":" in line)
        own, shared, tables = (
            1024 * int(said[name].split()[0]) if name in said else 0
            for name in ("RssAnon", "RssShmem", "VmPTE")
        )
        return _Process(
            parent=int(said["PPid"]),
            user=int(said["Uid"].split()[0]),
            tasks=int(said["Threads"]),
            # Inside a job a process has a number here and one there.
            inside=len(said.get("NSpid", "").split()) > 1,
            own=own,
            shared=shared,
            tables=tables,
        )
    except (OSError, ValueError, KeyError):
        return None  # it ended


def _share(pid: int, name: str, most: int) -> int:
    """What a process holds of `most` bytes where each page counts once for all who share it."""
    if not most:
        return 0
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            lines = dict(line.split(":", 1) for line in file if line.startswith("Pss"))
    except OSError:
        return most
    return int(lines[name].split()[0]) * 1024 if name in lines else most
