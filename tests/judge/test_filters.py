"""The filters of system calls, followed step by step as the kernel does."""

import errno
import struct
from itertools import product

import pytest

from sodakd.judge.sandbox import seccomp
from sodakd.judge.sandbox.sandbox import CLimits

X86_64, ALLOW, KILL, REFUSE = 0xC000003E, 0x7FFF0000, 0x80000000, 0x00050000
NUMBERS = seccomp._CALLS


def answer(program: bytes, number: int, *arguments: int, machine: int = X86_64) -> int:
    """What a filter says of a call."""
    given = struct.pack("iIQ6Q", number, machine, 0, *(*arguments, *[0] * 6)[:6])
    steps = list(struct.iter_unpack("HBBI", program))
    at, held = 0, 0
    while True:
        code, then, otherwise, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("I", given, value)
            case 0x54:
                held &= value
            case 0x05:
                at += value
            case 0x06:
                return int(value)
            case _:
                holds = {0x15: held == value, 0x35: held >= value, 0x45: held & value}[code]
                at += then if holds else otherwise


def test_each_call_of_the_table_has_one_answer_and_the_rest_is_allowed() -> None:
    named = set(seccomp._WORKER)
    for number in range(463):
        said = answer(seccomp.of_worker(), number, 1, 1)
        if number not in named:
            assert said == ALLOW, number
    for name in ("ptrace", "bpf", "unshare", "reboot", "umount2", "pidfd_getfd"):
        assert answer(seccomp.of_worker(), NUMBERS[name]) == KILL
    for name in ("clone3", "io_uring_setup", "shmget", "mq_open", "memfd_secret"):
        assert answer(seccomp.of_worker(), NUMBERS[name]) == REFUSE | errno.ENOSYS
    for name in ("personality", "open_tree", "vmsplice"):
        assert answer(seccomp.of_worker(), NUMBERS[name]) == REFUSE | errno.EPERM


def test_what_no_kernel_we_know_has_is_refused_and_other_machines_calls_kill() -> None:
    assert answer(seccomp.of_worker(), 463) == REFUSE | errno.ENOSYS
    assert answer(seccomp.of_worker(), 0x40000001) == KILL
    assert answer(seccomp.of_worker(), 1, machine=0x40000003) == KILL


@pytest.mark.parametrize(("asks", "alone"), [*product((False, True), repeat=2)])
def test_a_program_is_denied_what_its_worker_needs(asks: bool, alone: bool) -> None:
    program = seccomp.of_program(asks=asks, alone=alone)
    assert len(program) <= CLimits.filter.size
    for name in ("mount", "setns"):
        assert answer(program, NUMBERS[name]) == KILL
        assert answer(seccomp.of_worker(), NUMBERS[name]) == ALLOW
    assert answer(program, NUMBERS["memfd_create"]) == REFUSE | errno.ENOSYS
    assert answer(program, NUMBERS["clone"], 0x10000000 | 17) == KILL
    assert answer(program, NUMBERS["clone"], 0x01200000 | 17) == ALLOW
    no_socket = REFUSE | errno.EAFNOSUPPORT if asks else KILL
    assert [answer(program, NUMBERS["socket"], family) for family in (2, 10, 16, 40)] == (
        [no_socket] * 4
    )
    assert (answer(program, NUMBERS["socket"], 1) == ALLOW) is not alone
    denied = REFUSE | errno.EPERM
    for name in ("chmod", "connect", "setpriority", "inotify_init1"):
        assert answer(program, NUMBERS[name]) == (denied if alone else ALLOW)
    for name in ("prlimit64", "sched_setaffinity"):
        assert answer(program, NUMBERS[name], 0) == ALLOW
        assert answer(program, NUMBERS[name], 7) == (denied if alone else ALLOW)
    datagram = REFUSE | errno.EACCES if alone else ALLOW
    assert answer(program, NUMBERS["socketpair"], 1, 2) == datagram
    assert answer(program, NUMBERS["socketpair"], 1, 1 | 0o2000000) == ALLOW


def test_nothing_is_typed_into_a_terminal_and_no_pair_of_another_family_is_made() -> None:
    worker = seccomp.of_worker()
    assert answer(worker, NUMBERS["ioctl"], 0, 0x5412) == KILL
    assert answer(worker, NUMBERS["ioctl"], 0, 0x541C) == KILL
    assert answer(worker, NUMBERS["ioctl"], 0, 0x5413) == ALLOW
    assert answer(worker, NUMBERS["socketpair"], 1) == ALLOW
    assert answer(worker, NUMBERS["socketpair"], 30) == KILL
