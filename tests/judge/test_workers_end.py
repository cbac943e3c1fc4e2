"""A program that ends or hangs whatever runs it gets a verdict, and the judge goes on."""

import signal
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Judge, Program, worker_process
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase
from tests import warm

pytestmark = pytest.mark.toolchain

TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
SLEEPS = Program("import time\ntime.sleep(50)\n", Language.PYTHON, TESTS, id="sleeps")
RIGHT = Program("def f(x):\n    return x + 1\n", Language.PYTHON, TESTS, id="right")
RUNNING = 4
"""Processes below us while a program runs: two of the wall, number 1 of the job, the program."""


@pytest.fixture(autouse=True)
def _alone() -> None:
    """No process below us but the judge's."""
    warm.stop()


@pytest.fixture
def judge() -> Iterator[Judge]:
    settings = JudgeSettings(cpu_seconds=40, calibrate=False)
    with Judge(settings, workers=1, warm=False) as judge:
        yield judge


def hit(times: int, how: signal.Signals) -> threading.Thread:
    """Send a signal to the worker while a program runs in it, so many times."""

    def run() -> None:
        for _ in range(times):
            while len(below := psutil.Process().children(recursive=True)) < RUNNING:
                time.sleep(0.01)
            worker = below[0]
            for one in below if how is signal.SIGSTOP else [worker]:
                one.send_signal(how)
            worker.wait()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        (signal.SIGKILL, Outcome.RUNTIME_ERROR),
        (signal.SIGTERM, Outcome.RUNTIME_ERROR),
        (signal.SIGSTOP, Outcome.TIMEOUT),
    ],
)
def test_a_program_whose_workers_end_twice_gets_a_verdict(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, how: signal.Signals, outcome: Outcome
) -> None:
    monkeypatch.setattr(worker_process, "_PATIENCE", 5.0)
    thread = hit(3, how)  # once while it is tried beside another
    found = {one.id: one.verdict for one in judge.judge_stream([SLEEPS, RIGHT])}
    thread.join()
    assert found["right"].passed
    assert found["sleeps"].outcome is outcome
    assert "it ended what runs programs, twice" in found["sleeps"].output


def test_where_no_program_can_be_run_nothing_is_judged(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sodakd.judge.judge.calibration_program", lambda _: SLEEPS)
    thread = hit(3, signal.SIGKILL)
    with pytest.raises(JudgeError, match="ended with status"):
        judge.judge(SLEEPS)
    thread.join()
