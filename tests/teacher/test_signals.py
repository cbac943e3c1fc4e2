"""Ctrl-C and SIGTERM with calls in flight: what is paid for is taken in, and nothing crashes."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sodakd.teacher.cost import LedgerTotals
from sodakd.teacher.spend_report import read_totals
from tests.servers.running import ROOT, Running, serving
from tests.teacher.test_ledger import assert_books_are_the_sum_of_rows
from tests.tiny import heed_interrupts

PLACES = 16
SCRIPT = f"""
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from sodakd.cli import main
from tests.teacher.shop import RetryPolicy, ledger, solves

def work():
    patience = RetryPolicy(timeout=100.0)
    books = ledger(Path(sys.argv[1]), sys.argv[2], None, {PLACES}, patience)
    asks = solves(int(sys.argv[3]))
    with closing(books):
        print("go", flush=True)
        books.ask(asks, "one", Counter())

def run():
    try:
        work()
    except KeyboardInterrupt:
        raise SystemExit(130)

main(run)
"""


def _asking(path: Path, url: str, count: int) -> "subprocess.Popen[str]":
    """A process that has begun to ask so many things."""
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", SCRIPT, str(path), url, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it has no threads
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    return process


def _spent(path: Path) -> LedgerTotals:
    spent = read_totals(path)
    assert spent is not None
    return spent


def _wait_for(server: Running, requests: int) -> None:
    while server.books().get("requests", 0) < requests:
        time.sleep(0.02)


def _signalled_at_random(path: Path, times: int, seed: int) -> None:
    drawn, count = random.Random(seed), 100 * times
    with serving("--latency", "0.2") as server:
        for _ in range(times):
            process = _asking(path, server.url, count)
            time.sleep(drawn.uniform(0.0, 0.8))
            number = drawn.choice([signal.SIGINT, signal.SIGTERM])
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
            assert process.returncode == 128 + number, said
            assert "Traceback" not in said
        counted, spent = server.books(), _spent(path)
    assert counted["requests"] == counted["answers"] == spent.calls > 0
    assert counted["answered_twice"] == spent.lost == spent.reserved_calls == 0
    assert spent.money == counted["delivered_money"]
    assert_books_are_the_sum_of_rows(path)


@pytest.mark.heavy
def test_signals_at_random_moments_lose_nothing_that_was_paid_for(tmp_path: Path) -> None:
    _signalled_at_random(tmp_path / "l.sqlite", times=5, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
def test_two_hundred_signals_lose_nothing_that_was_paid_for(tmp_path: Path, seed: int) -> None:
    _signalled_at_random(tmp_path / "l.sqlite", times=50, seed=seed)


def test_a_second_signal_ends_at_once_and_what_was_in_flight_is_booked_lost(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with serving("--latency", "60") as server:
        process = _asking(path, server.url, 100)
        _wait_for(server, PLACES)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.readline() == "\n"
        assert f"taking in {PLACES} calls in flight" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert (_spent(path).calls, _spent(path).lost) == (PLACES, PLACES)
    assert_books_are_the_sum_of_rows(path)


def test_a_kill_books_what_was_in_flight_and_no_call_that_waited_for_a_place(
    tmp_path: Path,
) -> None:
    path = tmp_path / "l.sqlite"
    with serving("--latency", "60") as server:
        process = _asking(path, server.url, 100)
        _wait_for(server, PLACES)
        process.kill()
        process.communicate()
        assert _spent(path).reserved_calls == PLACES
    with serving() as server:
        process = _asking(path, server.url, 100)
        process.communicate(timeout=60)
        assert server.books()["requests"] == 100
    assert (_spent(path).calls, _spent(path).lost) == (100 + PLACES, PLACES)
    assert_books_are_the_sum_of_rows(path)
