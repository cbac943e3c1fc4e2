"""Limits count what a program holds: memory, not address space; files as large as the disk."""

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(64,), expected=64),))
SIGNED = CallTests.model_validate(
    {**TESTS.model_dump(), "signature": {"arguments": ["int"], "returns": "int"}}
)
ORDINARY = {
    "threads of a pool": """\
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

def f(n):
    together = Barrier(n)
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(lambda _: together.wait(), range(n)))
    return n
""",
    "a thread with half a gigabyte of stack": """\
import sys, threading

def f(n):
    threading.stack_size(512 * 2**20)
    found = []
    thread = threading.Thread(target=lambda: found.append(n))
    thread.start()
    thread.join()
    return found[0]
""",
    "memory that is reserved and not touched": """\
import mmap

def f(n):
    return n if len(mmap.mmap(-1, 2**32)) else 0
""",
    "a file of fifty megabytes": """\
import tempfile

def f(n):
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 50_000_000)
        return n if file.tell() == 50_000_000 else 0
""",
}
PASSING = {
    "memory at once": ("def f(n):\n    return len(b'1' * 2**30) and n\n", Outcome.MEMORY_LIMIT),
    "memory in parts": (
        "def f(n):\n    return len([b'1' * 2**20 for _ in range(1000)]) and n\n",
        Outcome.MEMORY_LIMIT,
    ),
    "output": ("def f(n):\n    print('x' * 10_000_000)\n    return n\n", Outcome.OUTPUT_LIMIT),
    "output without end": (
        "def f(n):\n    while True: print('x' * 1000)\n",
        Outcome.OUTPUT_LIMIT,
    ),
    "the disk": (
        "def f(n):\n    for i in range(9):\n        with open(str(i), 'wb') as file:\n"
        "            file.write(b'1' * 10**7)\n    return n\n",
        Outcome.OUTPUT_LIMIT,
    ),
}


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_ordinary_programs_stay_within_the_limits(warm: bool) -> None:
    with Judge(JudgeSettings(), 1, warm=warm) as judge:
        for name, code in ORDINARY.items():
            verdict = judge.judge(Program(code, Language.PYTHON, TESTS))
            assert verdict.passed, (name, verdict.output)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_what_passes_a_limit_is_said_to(warm: bool) -> None:
    with Judge(JudgeSettings(), 1, warm=warm) as judge:
        for name, (code, outcome) in PASSING.items():
            verdict = judge.judge(Program(code, Language.PYTHON, TESTS))
            assert verdict.outcome is outcome, (name, verdict.output)


def test_a_c_program_may_start_sixty_four_threads() -> None:
    skip_where_missing(Language.CPP)
    code = """\
#include <atomic>
#include <thread>
#include <vector>
long long f(long long n) {
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < n; i++) threads.emplace_back([&] { ready++; while (ready < n); });
    for (auto &one : threads) one.join();
    return ready;
}
"""
    with Judge(JudgeSettings(), 1) as judge:
        verdict = judge.judge(Program(code, Language.CPP, SIGNED))
        assert verdict.passed, verdict.output


def test_what_has_less_static_data_than_there_is_room_for_fails_by_its_own_fault() -> None:
    skip_where_missing(Language.C)
    code = (
        "static char zeros[1L << 31];\nlong long f(long long n) { return zeros[n] / *(int *)0; }\n"
    )
    with Judge(JudgeSettings(), 1) as judge:
        verdict = judge.judge(Program(code, Language.C, SIGNED))
    assert verdict.outcome is Outcome.RUNTIME_ERROR, verdict.output


def test_what_fills_the_memory_of_its_compiler_is_told_so() -> None:
    skip_where_missing(Language.C)
    code = '#include "/dev/zero"\nlong long f(long long n) { return n; }\n'
    with Judge(JudgeSettings(), 1) as judge:
        verdict = judge.judge(Program(code, Language.C, SIGNED))
    assert verdict.outcome is Outcome.COMPILE_ERROR
    assert verdict.output.startswith("the compiler needed more than 2048 MiB")
