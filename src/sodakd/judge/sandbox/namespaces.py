"""The outer wall: a worker shuts itself off from the machine, once, before it sees a program.

Seven namespaces, a read-only file system with toolchains alone on it, no network, no environment.
"""

import contextlib
import ctypes
import errno
import os
import re
import stat
import struct
from collections.abc import Iterable, Iterator

_LIBC = ctypes.CDLL(None, use_errno=True)

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_ALL_BUT_USER = _NEWNS | _NEWCGROUP | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _REC, _PRIVATE, _DETACH = 4096, 16384, 1 << 18, 2
_FLAGS = {"noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21}
_PIVOT_ROOT, _MOUNT_SETATTR, _HERE, _RECURSIVE = 155, 442, -100, 0x8000
_SET_PDEATHSIG, _SET_DUMPABLE, _SIGKILL = 1, 4, 9

_BOUND = 24
KEPT = 1 << 6 | 1 << 7 | 1 << 8 | 1 << 18 | 1 << 21
"""Capabilities that what we start may have until it is untrusted: to change its user and its
bounds, to enter namespaces (CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SYS_CHROOT, CAP_SYS_ADMIN)."""

_DEVICES = ("null", "zero", "full", "random", "urandom")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/etc/alternatives")
SYSTEM_FILES = (
    "/etc/ld.so.cache", "/etc/localtime", "/etc/java-17-openjdk", "/etc/java-21-openjdk",
)  # fmt: skip

FIRST_FOREIGN_ID = 1_000_000
"""The first user id, outside, that a worker of root's maps its own to: nobody's on any machine."""

IDS = 65_536


class WallError(OSError):
    """The wall could not be raised; the text says which step failed."""


def enter_namespaces(places: Iterable[str], room: str) -> bool:
    """Shut this process off. `places` are folders to be seen inside, read-only, at their own paths;
    `room` is an empty folder of ours, over which the new root is built.

    Returns in a child of the calling process, which stays to wait for it. True where every program
    can get a user id of its own (the machine's root started us). Raises `WallError` where a step
    failed."""
    root = os.geteuid() == 0
    if root:
        _call("unshare", _NEWNS)
    else:
        user, group = os.geteuid(), os.getegid()
        _call("unshare", _NEWUSER | _ALL_BUT_USER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {user} 1")
        _write("/proc/self/gid_map", f"0 {group} 1")
        _fork_into_pid_ns()
    _build(places, room, new_proc=not root)
    if root:
        _map_ids()
        _fork_into_pid_ns()
        # What was bound there is the machine's, with numbers that are not ours.
        _call("mount", b"proc", b"/proc", b"proc", _NOSUID | _NODEV | _NOEXEC, None)
    os.environ.clear()
    for capability in range(64):
        if not KEPT >> capability & 1 and _LIBC.prctl(_BOUND, capability, 0, 0, 0):
            break  # the last one that this kernel has
    # Number 1 of a job shares our memory: we must be let into its namespaces. Programs are not, for
    # they have no capability.
    _LIBC.prctl(_SET_DUMPABLE, 1, 0, 0, 0)
    return root


def _map_ids() -> None:
    """Root of the machine becomes root of a user namespace whose ids are nobody's outside."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        line = f"0 {FIRST_FOREIGN_ID} {IDS}"
        with contextlib.suppress(OSError):
            if os.read(read, 1):  # else no namespace was made
                _write(f"/proc/{os.getppid()}/uid_map", line)
                _write(f"/proc/{os.getppid()}/gid_map", line)
                os._exit(0)
        os._exit(1)
    os.close(read)
    try:
        _call("unshare", _NEWUSER)
        os.write(write, b"!")
    finally:
        os.close(write)
        _, status = os.waitpid(pid, 0)
    if status:
        raise WallError("the ids of a user namespace could not be mapped")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.setgroups([])
    _call("unshare", _ALL_BUT_USER)


def _fork_into_pid_ns() -> None:
    """Go on as process 1 of the new pid namespace; the process above waits, and dies with it."""
    pid = os.fork()
    if pid:
        _LIBC.prctl(_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        os.closerange(3, 4096)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _LIBC.prctl(_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() == 0:
        return
    # In our own pid namespace a living parent outside is number 0; anything else is a mistake.
    raise WallError("the pid namespace is not a new one")


def _build(places: Iterable[str], new: str, *, new_proc: bool) -> None:
    _call("mount", None, b"/", None, _REC | _PRIVATE, None)
    _call("mount", b"tmpfs", new.encode(), b"tmpfs", _NOSUID | _NODEV, b"size=16m,mode=755")
    for place in (*SYSTEM, *SYSTEM_FILES, *places):
        _show(place, new)
    os.makedirs(f"{new}/dev", exist_ok=True)
    for name in _DEVICES:
        with open(f"{new}/dev/{name}", "wb"):
            pass
        _call("mount", f"/dev/{name}".encode(), f"{new}/dev/{name}".encode(), None, _BIND, None)
    for name in ("proc", "tmp", "old"):
        os.makedirs(f"{new}/{name}", exist_ok=True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{new}/dev/{name}")
    os.symlink("/proc/self/fd", f"{new}/dev/fd")
    os.symlink("/tmp", f"{new}/dev/shm")
    if new_proc:
        _call("mount", b"proc", f"{new}/proc".encode(), b"proc", _NOSUID | _NODEV | _NOEXEC, None)
    else:
        _call("mount", b"/proc", f"{new}/proc".encode(), None, _BIND | _REC, None)
    _call("syscall", _PIVOT_ROOT, new.encode(), f"{new}/old".encode())
    os.chdir("/")
    _call("umount2", b"/old", _DETACH)
    os.rmdir("/old")
    _call("mount", None, b"/", None, _REMOUNT | _RDONLY | _NOSUID | _NODEV | _BIND, None)


def path_inside(place: str) -> str:
    """Where a file or folder of the machine is found inside, where a job's /tmp covers ours."""
    return f"/sodakd{place}" if place.startswith("/tmp/") else place


def _show(place: str, new: str) -> None:
    """Bind one file or folder of the machine, read-only; a link is made again as a link."""
    try:
        mode = os.lstat(place).st_mode
    except OSError:
        return
    target = new + path_inside(place)
    if os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if stat.S_ISLNK(mode):
        os.symlink(os.readlink(place), target)
        return
    if stat.S_ISDIR(mode):
        os.makedirs(target, exist_ok=True)
    else:
        with open(target, "wb"):
            pass
    _call("mount", place.encode(), target.encode(), None, _BIND | _REC, None)
    _forbid_writing(target)


def _forbid_writing(target: str) -> None:
    """Make a mount and all mounts below it read-only."""
    attributes = struct.pack("=QQQQ", _RDONLY | _NOSUID | _NODEV, 0, 0, 0)
    given = (_HERE, target.encode(), _RECURSIVE, attributes, len(attributes))
    if _LIBC.syscall(_MOUNT_SETATTR, *given) == 0:
        return
    if ctypes.get_errno() != errno.ENOSYS:
        raise WallError(ctypes.get_errno(), f"{target} cannot be made read-only")
    for place, kept in _mounts_below(target):  # Linux before 5.12
        flags = _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV | kept
        _call("mount", None, place.encode(), None, flags, None)


def _mounts_below(target: str) -> Iterator[tuple[str, int]]:
    """The mounts at a place and below it, and those of their flags that must stay."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.split() for line in file]
    for line in lines:
        place = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line[4])
        if place == target or place.startswith(f"{target}/"):
            yield place, sum(_FLAGS.get(name, 0) for name in line[5].split(","))


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise WallError(error, f"{name}{arguments}: {os.strerror(error)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
