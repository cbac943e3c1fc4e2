"""Filters of system calls (seccomp). What is not named is allowed.

Two of them stand around a program: one of its worker, raised once, which all that the worker starts
inherits, and one of its own, with the little that the worker itself must be allowed. The kernel
translates a filter and tries it on every number there is, so the second is short, and the first a
tree: each would cost a program a tenth of what its start does.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
"""What a filter answers: to kill the process, to refuse with an error, to allow."""
_LOAD, _RETURN, _AND, _GO = 0x20, 0x06, 0x54, 0x05
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where in what a filter sees (`struct seccomp_data`) these stand."""
_X86_64, _X32 = 0xC000003E, 0x40000000
_UNKNOWN = 463
"""The first number that nothing we run asks for: what is new may do anything."""
_NEVER_CLONED = 0x7E028000
"""CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; CLONE_PARENT, a child that nobody waits for."""
_UNIX, _STREAM, _SEQPACKET = 1, 1, 5

Step = tuple[int, int, int, int]
"""An instruction: code, steps to jump where it holds and where not, value."""


def _load(place: int) -> Step:
    return (_LOAD, 0, 0, place)


def _argument(number: int) -> Step:
    return _load(_ARGUMENTS + 8 * number)


def _give(answer: int) -> Step:
    return (_RETURN, 0, 0, answer)


def _if(how: int, value: int, then: int, otherwise: int) -> Step:
    return (how, then, otherwise, value)


_FORBIDDEN: Sequence[Step] = (_give(_KILL),)
_NONE, _NOT = ((_give(_ERRNO | error),) for error in (errno.ENOSYS, errno.EPERM))

_CALLS = dict(  # noqa: C408
    ioctl=16, shmget=29, shmat=30, shmctl=31, socket=41, connect=42, bind=49, listen=50,
    socketpair=53, clone=56, semget=64, semop=65, semctl=66, msgget=68, msgsnd=69, msgrcv=70,
    msgctl=71, chmod=90, fchmod=91, chown=92, fchown=93, lchown=94, ptrace=101, syslog=103,
    utime=132, personality=135, setpriority=141, sched_setparam=142, sched_setscheduler=144,
    modify_ldt=154, pivot_root=155, adjtimex=159, chroot=161, acct=163, settimeofday=164,
    mount=165, umount2=166, swapon=167, swapoff=168, reboot=169, sethostname=170,
    setdomainname=171, iopl=172, ioperm=173, init_module=175, delete_module=176, quotactl=179,
    setxattr=188, lsetxattr=189, fsetxattr=190, removexattr=197, lremovexattr=198,
    fremovexattr=199, sched_setaffinity=203, lookup_dcookie=212, semtimedop=220, clock_settime=227,
    utimes=235, mq_open=240, mq_unlink=241, kexec_load=246, add_key=248, request_key=249,
    keyctl=250, ioprio_set=251, inotify_init=253, migrate_pages=256, fchownat=260, futimesat=261,
    fchmodat=268, unshare=272, vmsplice=278, move_pages=279, utimensat=280, inotify_init1=294,
    perf_event_open=298, fanotify_init=300, prlimit64=302, name_to_handle_at=303,
    open_by_handle_at=304, clock_adjtime=305, setns=308, process_vm_readv=310,
    process_vm_writev=311, kcmp=312, finit_module=313, sched_setattr=314, memfd_create=319,
    kexec_file_load=320, bpf=321, userfaultfd=323, io_uring_setup=425, io_uring_enter=426,
    io_uring_register=427, open_tree=428, move_mount=429, fsopen=430, fsconfig=431, fsmount=432,
    fspick=433, clone3=435, pidfd_getfd=438, mount_setattr=442, memfd_secret=447, fchmodat2=452,
)  # fmt: skip
"""The numbers of system calls on x86-64."""


def _each(names: str, steps: Sequence[Step]) -> dict[int, Sequence[Step]]:
    return {_CALLS[name]: steps for name in names.split()}


_WORKER: Mapping[int, Sequence[Step]] = {
    **_each(
        "ptrace pivot_root adjtimex chroot acct settimeofday umount2 swapon swapoff reboot "
        "sethostname setdomainname iopl ioperm init_module delete_module quotactl clock_settime "
        "kexec_load add_key request_key keyctl unshare open_by_handle_at process_vm_readv "
        "process_vm_writev finit_module kexec_file_load bpf userfaultfd pidfd_getfd",
        _FORBIDDEN,
    ),
    # Libraries have other ways.
    **_each("clone3 io_uring_setup io_uring_enter io_uring_register modify_ldt", _NONE),
    **_each(
        "syslog personality lookup_dcookie vmsplice perf_event_open fanotify_init "
        "name_to_handle_at clock_adjtime kcmp open_tree move_mount fsopen fsconfig fsmount "
        "fspick mount_setattr",
        _NOT,
    ),
    # System V and POSIX queues: all jobs of a worker share an IPC namespace.
    **_each(
        "shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open"
        " mq_unlink",
        _NONE,
    ),
    # Memory that belongs to no process, and so to no limit.
    **_each("memfd_secret", _NONE),
    # Of AF_UNIX alone.
    **_each("socketpair", (_argument(0), _if(_EQUAL, _UNIX, 1, 0), _give(_KILL), _give(_ALLOW))),
    # Nothing is typed into a terminal (TIOCSTI, TIOCLINUX).
    **_each(
        "ioctl",
        (
            _argument(1), _if(_EQUAL, 0x5412, 1, 0), _if(_EQUAL, 0x541C, 0, 1), _give(_KILL),
            _give(_ALLOW),
        ),
    ),
}  # fmt: skip
_PROGRAM: Mapping[int, Sequence[Step]] = {
    **_each("mount setns", _FORBIDDEN),
    **_each("memfd_create", _NONE),
    # No new namespace.
    **_each(
        "clone", (_argument(0), _if(_ANY_BIT, _NEVER_CLONED, 0, 1), _give(_KILL), _give(_ALLOW))
    ),
}
_ALONE: Mapping[int, Sequence[Step]] = {
    # Landlock says nothing of these. By name or not, what is changed may be anybody's file;
    **_each(
        "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat"
        " futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"
        " inotify_init inotify_init1",
        _NOT,
    ),
    # a socket with a name leads to the user's other programs;
    **_each("connect bind listen", _NOT),
    # and these reach processes of the same user.
    **_each(
        "setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr migrate_pages"
        " move_pages",
        _NOT,
    ),
    **_each(
        "prlimit64 sched_setaffinity",
        (_argument(0), _if(_EQUAL, 0, 1, 0), *_NOT, _give(_ALLOW)),
    ),
    # One that sends to no other address.
    **_each(
        "socketpair",
        (
            _argument(1), (_AND, 0, 0, 15), _if(_EQUAL, _STREAM, 2, 0),
            _if(_EQUAL, _SEQPACKET, 1, 0), _give(_ERRNO | errno.EACCES), _give(_ALLOW),
        ),
    ),
}  # fmt: skip


def _tree(rules: Sequence[tuple[int, Sequence[Step]]]) -> list[Step]:
    """The search for a number among rules, sorted by number, and what follows each."""
    if len(rules) == 1:
        ((number, steps),) = rules
        return [_if(_EQUAL, number, 0, len(steps)), *steps, _give(_ALLOW)]
    half = len(rules) // 2
    low, high = _tree(rules[:half]), _tree(rules[half:])
    # A jump on a condition reaches 255 steps.
    if len(low) > 255:
        jump = [_if(_AT_LEAST, rules[half][0], 0, 1), (_GO, 0, 0, len(low))]
    else:
        jump = [_if(_AT_LEAST, rules[half][0], len(low), 0)]
    return [*jump, *low, *high]


def _program(head: Iterable[Step], rules: Mapping[int, Sequence[Step]]) -> bytes:
    steps = [*head, *_tree(sorted(rules.items()))]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


@cache
def of_worker() -> bytes:
    """The filter that a worker and all it starts live behind, as the kernel takes it."""
    head = (
        _load(_ARCHITECTURE), _if(_EQUAL, _X86_64, 1, 0), _give(_KILL),
        _load(_NUMBER), _if(_AT_LEAST, _X32, 0, 1), _give(_KILL),
        _if(_AT_LEAST, _UNKNOWN, 0, 1), _give(_ERRNO | errno.ENOSYS),
    )  # fmt: skip
    return _program(head, _WORKER)


@cache
def of_program(*, asks: bool, alone: bool) -> bytes:
    """What stands around a program beside that.

    `asks`: a socket of the network is refused, as a JVM probes for one; else it kills. `alone`:
    there are no namespaces, and what they would keep apart the filter must.
    """
    no_socket = _ERRNO | errno.EAFNOSUPPORT if asks else _KILL
    # AF_UNIX alone: a network namespace holds no AF_VSOCK.
    unix = _ERRNO | errno.EACCES if alone else _ALLOW
    socket = (_argument(0), _if(_EQUAL, _UNIX, 1, 0), _give(no_socket), _give(unix))
    rules = {**_PROGRAM, **_each("socket", socket), **(_ALONE if alone else {})}
    return _program((_load(_NUMBER),), rules)


class _Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTERED = 38, 22, 2


def raise_filter() -> None:
    """Live behind the filter of a worker from now on, with all that starts. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    steps = of_worker()
    asked = ctypes.byref(_Filter(len(steps) // 8, steps))
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTERED, asked):
        error = ctypes.get_errno()
        raise OSError(error, f"no filter of system calls: {os.strerror(error)}")
