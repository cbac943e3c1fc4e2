"""How much memory the processes of a program hold together.

Limits of the kernel hold for each process; a program may have many. Nothing but the standard
library is imported here.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")
_NAMES = ("anon", "rss")
"""What the memory of processes is called by control groups, version 2 and 1."""


@dataclass(frozen=True)
class _Process:
    inside: bool
    held: int


class Memory:
    """Counts the bytes of the program that runs now.

    `statistics` is a descriptor of the control group's, or -1; `companions` are pids of what is
    kept running. Without a control group what a fork shares with its parent counts for both, if
    the kernel does not tell more: it tells nothing about forks of ours.
    """

    def __init__(self, statistics: int, companions: Collection[int]) -> None:
        self._statistics = statistics
        self._companions = companions

    def of_program(self) -> int:
        """Bytes in all its processes, files in memory left out."""
        seen = {
            pid: found
            for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
            if (found := _look(pid)) is not None
        }
        program = [pid for pid, one in seen.items() if one.inside and pid not in self._companions]
        if self._statistics < 0:
            return sum(_share(pid, seen[pid].held) for pid in program)
        others = sum(one.held for pid, one in seen.items() if pid not in program)
        return self._group() - others

    def _group(self) -> int:
        """Bytes of all processes of the control group, each page once."""
        text = os.pread(self._statistics, 8192, 0).decode()
        lines = dict(line.split() for line in text.splitlines())
        return next((int(lines[name]) for name in _NAMES if name in lines), 0)


def _look(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/status") as status, open(f"/proc/{pid}/statm") as pages:
            numbers = next((line for line in status if line.startswith("NSpid")), "").split()
            _, resident, shared, *_ = map(int, pages.read().split())
    except (OSError, ValueError):
        return None  # it ended
    # Inside a job a process has a number here and one there.
    return _Process(len(numbers) > 2, (resident - shared) * _PAGE)


def _share(pid: int, most: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            lines = dict(line.split(":", 1) for line in file if line.startswith("Pss"))
    except OSError:
        return most
    return int(lines["Pss_Anon"].split()[0]) * 1024 if "Pss_Anon" in lines else most
