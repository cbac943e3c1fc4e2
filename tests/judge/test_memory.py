"""The memory of a program is that of all its processes together."""

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.worker_process import Worker
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase

pytestmark = pytest.mark.toolchain

TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
MANY = """
import os, time

def f(x):
    for _ in range(10):
        if os.fork() == 0:
            held = bytearray(30 * 2**20)
            held[::4096] = b"1" * len(held[::4096])
            time.sleep(3)
            os._exit(0)
    time.sleep(2)
    return 2
"""
SHARED = """
import os, time

def f(x):
    held = bytearray(80 * 2**20)
    held[::4096] = b"1" * len(held[::4096])
    for _ in range(5):
        if os.fork() == 0:
            time.sleep(0.3)
            os._exit(0)
    time.sleep(0.4)
    return 2
"""
SETTINGS = JudgeSettings(memory_mb=128)


def outcome(code: str) -> Outcome:
    with Judge(SETTINGS, workers=1) as judge:
        return judge.judge(Program(code, Language.PYTHON, TESTS)).outcome


@pytest.mark.parametrize("group", [True, False], ids=["control group", "none"])
def test_many_children_hold_together_no_more_than_one_program_may(
    group: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not group:
        monkeypatch.setenv("SODAKD_NO_CGROUP", "1")
    assert outcome(MANY) is Outcome.MEMORY_LIMIT


def test_pages_that_forks_share_count_once_where_a_control_group_counts() -> None:
    worker = Worker(2**27, 64, ())
    try:
        worker.start()
        if worker.cgroup is None:
            pytest.skip("no control group can be made here")
    finally:
        worker.close()
    assert outcome(SHARED) is Outcome.PASSED
