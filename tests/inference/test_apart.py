"""A coroutine run apart: its result, its error, and signals that come meanwhile."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from sodakd.inference.run_async import run_sync
from tests.tiny import ROOT, heed_interrupts

# Work that no cancelling ends: its thread sleeps on.
STUBBORN = """
import asyncio, time
from sodakd.inference.run_async import run_sync

async def work():
    print("go", flush=True)
    await asyncio.to_thread(time.sleep, 300)

run_sync(work(), lambda: "one moment")
"""


def _fails() -> None:
    raise ValueError("no")


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="no"):
        run_sync(asyncio.to_thread(_fails))


def test_a_result_comes_back_and_the_handlers_of_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert run_sync(asyncio.sleep(0, "done")) == "done"
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_without_a_way_to_stop_cancels_the_work_and_is_raised_on() -> None:
    async def work() -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(300)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            run_sync(work())
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_third_signal_ends_what_hears_none() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it has no threads
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "go\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "one moment\n"
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        assert process.wait(timeout=30) == -signal.SIGINT
