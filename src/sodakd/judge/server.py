"""The process that runs Python programs: a bare interpreter that forks itself for each of them.

Started as `python -S -s server.py` with an empty environment; it imports nothing of sodakd. Jobs
come in as JSON lines on standard input, verdicts leave as JSON lines on standard output, one for
one and in order. A forked child gives its verdict behind a nonce that the parent drew: a program
that exits early, or prints what a verdict looks like, has not passed.
"""

import errno
import gc
import json
import os
import re
import resource
import select
import signal
import sys
import time
from typing import TypedDict


class Limits(TypedDict):
    """Seconds of CPU time, bytes of memory, bytes written."""

    cpu_seconds: float
    memory: int
    output: int


class Case(TypedDict):
    """One call and what it must give."""

    arguments: list[object]
    expected: object


class Job(TypedDict):
    """One program to run."""

    code: str
    entry_point: str
    cases: list[Case]
    limits: Limits


ADDRESS = re.compile(r"0x[0-9a-f]+")


def short(text: str, limit: int = 400) -> str:
    """A message without what differs from run to run, and not too long."""
    return ADDRESS.sub("0x...", text)[:limit]


def same(found: object, expected: object) -> bool:
    """Equal in value and in type, also inside lists: True is not 1, and 1 is not 1.0."""
    if type(found) is not type(expected):
        return False
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


def outcome_of(job: Job) -> tuple[str, str, str]:
    """Compile, define and call the program: outcome, stage and a message."""
    try:
        code = compile(job["code"], "solution.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "compile_error", "compile", short(f"{type(error).__name__}: {error}")
    space: dict[str, object] = {"__name__": "solution"}
    try:
        exec(code, space)
        entry = space.get(job["entry_point"])
        if not callable(entry):
            return "runtime_error", "run", f"NameError: {job['entry_point']} is not defined"
        for case in job["cases"]:
            call = ", ".join(map(repr, case["arguments"]))
            found = entry(*case["arguments"])
            if not same(found, case["expected"]):
                gave = f"{job['entry_point']}({call}) gave {found!r}"
                return "wrong_answer", "run", short(f"{gave}, expected {case['expected']!r}")
    except MemoryError:
        return "memory_limit", "run", "MemoryError"
    except OSError as error:
        kind = "output_limit" if error.errno == errno.EFBIG else "runtime_error"
        return kind, "run", short(f"{type(error).__name__}: {error}")
    except BaseException as error:  # whatever a program raises is its verdict, SystemExit too
        return "runtime_error", "run", short(f"{type(error).__name__}: {error}")
    return "passed", "run", ""


def child(job: Job, verdict: int, nonce: bytes, null: int) -> None:
    """Run one job under limits and write its verdict. Never returns."""
    os.setsid()
    for target in (0, 1, 2):
        os.dup2(null, target)
    os.dup2(verdict, 3)
    os.closerange(4, 64)  # the server's own pipes are not a program's to write to
    limits = job["limits"]
    cpu = max(1, round(limits["cpu_seconds"] + 0.5))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
    signal.setitimer(signal.ITIMER_PROF, limits["cpu_seconds"])
    outcome, stage, output = outcome_of(job)
    row = json.dumps({"outcome": outcome, "stage": stage, "output": output})
    os.write(3, nonce + row.encode())
    os._exit(0)


def collect(pid: int, pipe: int, deadline: float) -> tuple[bytes, int, resource.struct_rusage]:
    """What a child wrote until it ended or its time was up; its status and usage."""
    content = b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([pipe], [], [], left)
        if not ready:
            break
        piece = os.read(pipe, 65536)
        if not piece:
            break
        content += piece
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return content, status, usage


def judge(job: Job, null: int) -> dict[str, object]:
    """The verdict of one job."""
    nonce = os.urandom(16)
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(receive)
        child(job, send, nonce, null)
    os.close(send)
    deadline = time.monotonic() + 4 * job["limits"]["cpu_seconds"] + 1
    content, status, usage = collect(pid, receive, deadline)
    os.close(receive)
    seconds = usage.ru_utime + usage.ru_stime
    measured = {"seconds": round(seconds, 4), "peak_memory": usage.ru_maxrss * 1024}
    if content.startswith(nonce):
        return {**json.loads(content[len(nonce) :]), **measured}
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGKILL):
        outcome, output = "timeout", f"no answer within {job['limits']['cpu_seconds']} CPU seconds"
    elif number == signal.SIGXFSZ:
        outcome, output = "output_limit", f"more than {job['limits']['output']} bytes written"
    elif number:
        outcome, output = "runtime_error", f"ended by signal {signal.Signals(number).name}"
    else:
        outcome, output = "no_verdict", "the program ended before its tests did"
    return {"outcome": outcome, "stage": "run", "output": output, **measured}


def warm_up() -> None:
    """Have the compiler and the error texts ready before the first fork: each child needs them."""
    limits = Limits(cpu_seconds=1.0, memory=0, output=0)
    for code in (
        "def f(x):\n    return [y for y in x]\n",
        "def f(x:",
        "def f(x):\n    return 1 / 0",
    ):
        case = Case(arguments=[[1]], expected=[1])
        job = Job(code=code, entry_point="f", cases=[case], limits=limits)
        json.dumps(outcome_of(job))


def main() -> None:
    """Judge until standard input ends."""
    os.dup2(0, 10)
    os.dup2(1, 11)
    jobs, verdicts = os.fdopen(10, "rb"), os.fdopen(11, "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    warm_up()
    gc.freeze()
    for line in jobs:
        verdicts.write(json.dumps(judge(json.loads(line), null)).encode() + b"\n")
        verdicts.flush()


if __name__ == "__main__":
    sys.setrecursionlimit(2000)
    main()
