"""The teacher's client: what it costs beside an ideal server, and what it loses beside a bad one.

    python benchmarks/teacher.py speed --peers PEERS/bin/python     calls a second, beside peers
    python benchmarks/teacher.py faults --calls 10000               exactness, with every fault

PEERS is an environment of its own: `pip install openai "distilabel[openai]" requests`. The server
is a process of its own on loopback. An ideal one of 200 ms answers 5 calls a second in each place.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers.running import Running, serving
from tests.teacher.shop import ledger, question, solves

from sodakd.inference.completions import Finish
from sodakd.inference.openai import RetryPolicy
from sodakd.teacher.requests import Solve, TeacherRequest

FAULTS = "delay,busy,server_error,reset,half,garbage,html,empty"
LATENCY = 0.2


def _asks(total: int) -> list[TeacherRequest]:
    words = "Write a function that adds up a list of integers. "
    return [Solve(question=question(f"Question {n}. " + words * 10)) for n in range(total)]


def _room() -> "tempfile.TemporaryDirectory[str]":
    """A folder for a ledger, on the disk of this folder: the system's own may be in memory."""
    return tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd())


def _ours(server: Running, in_flight: int, total: int) -> float:
    """Through the ledger: every call reserved before, settled after, on the disk."""
    with _room() as folder:
        books = ledger(Path(folder) / "l.sqlite", server.url, in_flight=in_flight)
        asks = _asks(total)
        began = time.perf_counter()
        replies = books.ask(asks, "speed", Counter())
        seconds = time.perf_counter() - began
        books.close()
    assert all(reply.finish is Finish.STOP for reply in replies)
    return total / seconds


def _peer(python: str, name: str) -> Callable[[Running, int, int], float]:
    def run(server: Running, in_flight: int, total: int) -> float:
        script = str(Path(__file__).with_name("teacher_peers.py"))
        command = [python, script, name, server.url, str(in_flight), str(total)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
        return float(done.stdout.split()[-1])

    return run


def speed(options: argparse.Namespace) -> None:
    """Median calls a second of alternating rounds, and the share of an ideal client's."""
    runners: dict[str, Callable[[Running, int, int], float]] = {"sodakd, with its ledger": _ours}
    if options.peers:
        runners["openai SDK, bare"] = _peer(options.peers, "openai")
        runners["distilabel OpenAILLM"] = _peer(options.peers, "distilabel")
    for in_flight in options.in_flight:
        ideal = in_flight / LATENCY
        rates: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(options.rounds):
            for name, run in runners.items():
                # Peers are far from the ideal: fewer calls tell as much.
                seconds = options.seconds if run is _ours else options.seconds / 4
                total = int(ideal * seconds)
                with serving("--latency", str(LATENCY)) as server:
                    rates[name].append(run(server, in_flight, total))
        for name, found in rates.items():
            rate = median(found)
            shown = " ".join(f"{each:.0f}" for each in found)
            print(
                f"{in_flight:>4} in flight  {name:<24} {rate:7.1f} calls/s"
                f"  {100 * rate / ideal:5.1f} % of the ideal {ideal:.0f}   ({shown})",
                flush=True,
            )


def faults(options: argparse.Namespace) -> None:
    """So many calls at 5 % of each fault; the ledger's figures beside the server's own."""
    patience = RetryPolicy(attempts=12, first_wait=0.05, longest_wait=1.0, timeout=5.0)
    with (
        serving("--faults", FAULTS, "--share", "0.05", "--latency", "0.02") as server,
        _room() as folder,
    ):
        books = ledger(Path(folder) / "l.sqlite", server.url, None, 128, patience)
        began = time.perf_counter()
        replies = books.ask(solves(options.calls), "faults", Counter())
        seconds = time.perf_counter() - began
        spent, counted = books.spent(), server.books()
    ended = Counter(reply.finish.value for reply in replies)
    rows = {
        "calls": (options.calls, ""),
        "answered": (ended["stop"], counted["answers"]),
        "failed after every attempt": (ended["failed"], ""),
        "answered twice": ("", counted["answered_twice"]),
        "requests": ("", counted["requests"]),
        "paid, nano-dollars": (spent.money - spent.lost_money, counted["delivered_money"]),
        "lost attempts": (spent.lost, counted["undelivered"]),
        "lost, nano-dollars at most": (spent.lost_money, counted["undelivered_money"]),
    }
    print(f"{options.calls} calls, 5 % each of {FAULTS}: {seconds:.0f} s")
    print(f"{'':<28}{'ledger':>14}{'server':>14}")
    for name, (own, its) in rows.items():
        print(f"{name:<28}{own:>14}{its:>14}")
    print({name: counted[name] for name in (*FAULTS.split(","), "ok")})
    assert ended["stop"] + ended["failed"] == options.calls
    assert ended["stop"] == counted["answers"]
    assert counted["answered_twice"] == 0
    assert spent.money - spent.lost_money == counted["delivered_money"]
    assert spent.lost == counted["undelivered"]
    assert spent.lost_money >= counted["undelivered_money"]
    print("exact")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    fast = commands.add_parser("speed")
    fast.add_argument("--peers", help="the Python of an environment with the peers")
    fast.add_argument("--rounds", type=int, default=3)
    fast.add_argument("--in-flight", type=int, nargs="+", default=[64, 256])
    fast.add_argument("--seconds", type=float, default=20.0, help="of each of our rounds")
    fast.set_defaults(run=speed)
    bad = commands.add_parser("faults")
    bad.add_argument("--calls", type=int, default=10_000)
    bad.set_defaults(run=faults)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
