"""The outer wall where namespaces are refused: Landlock (Linux 6.12 or newer), or nothing at all.

It is weaker than `namespaces.py`: a program sees that the machine's files are there, counts among
the user's processes, and writes to a folder of the real disk. What it may open, whom it may signal
and which sockets it reaches are Landlock's to say.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import struct
import time
from collections.abc import Iterable, Sequence

from sodakd.judge.sandbox.memory import descendants
from sodakd.judge.sandbox.namespaces import FIRST_FOREIGN_ID, SYSTEM, SYSTEM_FILES, WallError

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_LEAST = 6
"""The version that keeps signals and abstract sockets apart: without it nothing could be killed
whole, and everything of the user could be killed."""
_SET_PDEATHSIG, _SET_NO_NEW_PRIVS, _SET_CHILD_SUBREAPER = 1, 38, 36

_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_FILES = (1 << 16) - 1
_NETWORK = 3
_SCOPES = 3
_DEVICE = 1 << 15
_SEEN = _EXECUTE | _READ | _LIST
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_MADE = 1 << 6 | 1 << 11
"""Devices, which nobody may make."""
OWN = _FILES & ~_MADE & ~_DEVICE
"""What a job may do in its folder."""

_CONFIGURATION = ("/etc/ssl/openssl.cnf",)
"""What node will not start without, where it is there and may not be read."""
_DEVICES = ("null", "zero", "full", "random", "urandom")


Rule = tuple[int, int]
"""A file or folder of the machine, as a descriptor, and what may be done with it."""


def version() -> int:
    """The version of Landlock that the kernel has; 0 where it has none."""
    return max(0, int(_LIBC.syscall(_CREATE, None, 0, _VERSION)))


def enter_landlock(places: Iterable[str], room: str) -> Sequence[Rule]:
    """Shut this process off by Landlock. `places` may be read, `room` written to.

    Returns in a child of the calling process, which stays to kill all that is left when the child,
    or who started it, ends. Gives what jobs may see. Raises `WallError` where a step failed.
    """
    if (has := version()) < _LEAST:
        raise WallError(f"Landlock {_LEAST} is needed (Linux 6.12); this kernel has {has}")
    outside = os.getppid()
    _restrict(ruleset((), files=0, network=0))  # what is above kills all below it, and itself not
    _descend(scoped=True)
    shown = (*SYSTEM, *SYSTEM_FILES, *_CONFIGURATION, *places)
    found = [place_rule(path, _SEEN) for path in shown]
    found += [place_rule(f"/dev/{name}", _READ | _WRITE | _TRUNCATE) for name in _DEVICES]
    seen = [(place, allowed) for place, allowed in found if place >= 0]
    own = [*seen, place_rule("/proc", _READ | _LIST), place_rule(room, OWN)]
    _restrict(ruleset(own))
    for pid in (outside, os.getppid()):
        try:
            os.kill(pid, 0)
        except PermissionError:
            continue
        raise WallError("Landlock lets signals out")
    os.environ.clear()
    return seen


def raise_nothing() -> Sequence[Rule]:
    """Stay as we are, but for what kills all that is left at the end."""
    _descend(scoped=False)
    os.environ.clear()
    return ()


def unused_ids(places: Iterable[str], room: str) -> bool:
    """Whether programs can get user ids of nobody's, as they must where root started us: only so
    does the kernel count the processes of each. Raises `WallError` where they must, and could not
    read `places` then."""
    if os.geteuid() != 0:
        return False
    os.chmod(room, 0o711)
    places = [one for one in places if os.path.exists(one)]
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(*3 * (FIRST_FOREIGN_ID,))
            os.setresuid(*3 * (FIRST_FOREIGN_ID,))
            hidden = [
                one for one in places if not os.access(one, os.R_OK if one != room else os.X_OK)
            ]
            os.write(write, "\n".join(hidden[:3]).encode() or b"\0")
        os._exit(0)
    os.close(write)
    said = os.read(read, 4096).decode()
    os.close(read)
    os.waitpid(pid, 0)
    if said != "\0":
        raise WallError(
            "root's programs get the ids of nobody, who must be able to read"
            f" {said.split()[:1] or 'anything'}: start as a user, or set SODAKD_CACHE and use a"
            " Python that all users may run"
        )
    return True


def ruleset(places: Iterable[Rule], files: int = _FILES, network: int = _NETWORK) -> int:
    """Rules of Landlock, as a descriptor that is out of the way of small numbers."""
    asked = struct.pack("=QQQ", files, network, _SCOPES)
    made = _called(_CREATE, asked, len(asked), 0)
    for place, allowed in places:
        rule = struct.pack("=Qi", allowed, place)
        _called(_ADD, made, 1, rule, 0)
    moved = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 64)
    os.close(made)
    return moved


def kill_all(*, scoped: bool) -> None:
    """Kill all that descends from this process. Where signals are `scoped`, at one blow."""
    if scoped:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(-1, signal.SIGKILL)
        return
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def reap_all(*, scoped: bool) -> None:
    """Kill all that descends from this process until nothing is left, and wait for its end."""
    while True:
        kill_all(scoped=scoped)
        try:
            ended, _ = os.waitpid(-1, 0 if scoped else os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            time.sleep(0.002)  # one that was born as we looked: look again


def _descend(*, scoped: bool) -> None:
    """Go on in a child. The process above stays, and ends all that is below it at the end."""
    heard = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    above = os.getppid()
    pid = os.fork()
    if pid:
        _LIBC.prctl(_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        os.closerange(3, 4096)
        if os.getppid() == above:
            signal.sigwait(heard)
        reap_all(scoped=scoped)
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
    _LIBC.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def place_rule(path: str, allowed: int) -> Rule:
    """What may be done with a file or folder; of a file, as far as that is said of files."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return -1, 0
    whole = os.path.isdir(path)
    return descriptor, allowed if whole else allowed & _OF_FILES


def _restrict(rules: int) -> None:
    _LIBC.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _called(_RESTRICT, rules, 0)
    os.close(rules)


def _called(number: int, *arguments: object) -> int:
    result = int(_LIBC.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise WallError(error, f"Landlock ({number}): {os.strerror(error)}")
    return result
