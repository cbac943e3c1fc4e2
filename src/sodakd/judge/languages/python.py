"""Python: a small interpreter that is kept running forks itself for each program.

Calls are answered by the program alone; what they must give is compared elsewhere, and so is what a
test script only asserts (`asserts.py`). Another script runs in a process of its own, and its calls
reach the program through a socket (split mode, `split.py`): a program cannot forge what it does not
hold. Cold, an interpreter is started for each of them.
"""

import json
import marshal
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sodakd.judge.inside.asserts import asserted
from sodakd.judge.inside.box import Box, BoxError, Ended
from sodakd.judge.inside.job import Job
from sodakd.judge.inside.native import Memory
from sodakd.judge.inside.peer import LINE
from sodakd.judge.inside.said import short
from sodakd.judge.inside.task import Result, Task, bad_end, full, text_of
from sodakd.judge.inside.wall import seen
from sodakd.judge.inside.zygote import Forks, Zygote

_NULL = os.open(os.devnull, os.O_RDWR)
_PACKAGE = str(Path(__file__).resolve().parents[2])
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}
_Asked = dict[str, Any]
"""What a fork is asked, see `child.py`."""


def judge(box: Box, task: Task, killed_for_memory: Callable[[], bool]) -> Result:
    """Try one program."""
    warm, note = _warm(box, task) if task.warm else (None, "")
    found = None
    for way in _ways(task):
        with Memory("output") as output, Memory("result") as result:
            try:
                found = way(box, task, warm, killed_for_memory, output, result)
            except BoxError as error:
                if warm is None:
                    raise
                note = _FORKS.lose(str(error))
                return judge(box, replace(task, warm=False), killed_for_memory)
        if found is not None:
            break
    assert found is not None  # the last way always ends with a result
    return replace(found, notes=(note,)) if note else found


def _ways(task: Task) -> Sequence[Callable[..., Result | None]]:
    """How a program is tried, and how where that does not tell."""
    if task.script is None:
        return (_by_calls,)
    return (_in_process,) if task.in_process else (_by_assertions, _by_script)


def _start(
    job: Job, warm: Zygote | None, asked: _Asked, descriptors: Sequence[int], other: int = -1
) -> int:
    """Start a process in a job that does what is asked; `descriptors` become 1, 2 and 3."""
    with Memory("asked") as file:
        # Version 2 copies what is there twice: no call shall see what another did to its arguments.
        text = memoryview(marshal.dumps(asked, 2))
        while text:
            text = text[os.write(file, text) :]
        handed = (_NULL, *descriptors, file, *([other] if other >= 0 else ()))
        if warm is not None:
            return warm.fork(job, handed, job.limits, job.limits.output)
        return job.spawn(_command("alone"), handed, None, _ENVIRONMENT, output=job.limits.output)


def _command(function: str, *given: str) -> tuple[str, ...]:
    """An interpreter that starts by calling a function of `child.py`."""
    main = (  # the folder that holds the package is not seen everywhere
        f"import sys; own = sys.modules['sodakd'] = type(sys)('sodakd');"
        f" own.__path__ = [{seen(_PACKAGE)!r}];"
        f" from sodakd.judge.inside.child import {function}; {function}{given!r}"
    )
    return (seen(sys.executable), "-P", "-s", "-S", "-B", "-c", main)


def _by_calls(
    box: Box, task: Task, warm: Zygote | None, oom: Callable[[], bool], output: int, result: int
) -> Result:
    ended, lines = _called(box, task, warm, output, result, task.entry_point, task.arguments)
    if lines.startswith(_UNREAD):
        return _unread(ended, lines)
    outcome, why = _end(ended, task, oom(), output, result)
    if outcome:
        return _result(outcome, "run", ended, why or _tail(output))
    return _result("", "run", ended, _tail(output), values=lines)


def _called(
    box: Box, task: Task, warm: Zygote | None, output: int, result: int,
    entry_point: str, arguments: Sequence[Sequence[object]],
) -> tuple[Ended, str]:  # fmt: skip
    """How a program ended that was called, and what it gave: lines of JSON, one a call."""
    asked = {
        "what": "calls", "code": task.code, "entry_point": entry_point, "arguments": arguments,
    }  # fmt: skip
    with Job(box, task.limits) as job:
        ended = job.wait(_start(job, warm, asked, (output, output, result)))
    return ended, text_of(result, LINE)


def _by_assertions(
    box: Box, task: Task, warm: Zygote | None, oom: Callable[[], bool], output: int, result: int
) -> Result | None:
    """Where the script only asserts what calls give: they are made, and compared here."""
    tests = None if task.as_main else asserted(task.script or "", task.entry_point)
    if tests is None:
        return None
    arguments = tuple(one.arguments for one in tests.assertions)
    ended, lines = _called(box, task, warm, output, result, tests.entry_point, arguments)
    if lines.startswith(_UNREAD):
        return _unread(ended, lines)
    killed = oom()  # asked in any case: it must not be told of the script, which may run next
    judged = tests.judged(lines)
    if judged is None or (judged[0] == "wrong_answer" and os.fstat(output).st_size):
        return None  # what it printed after the call that was wrong, the script would not have seen
    outcome, why = judged
    if outcome in ("", "passed"):  # else it had an end that the script would not have seen
        bad, told = _end(ended, task, killed, output, result)
        if bad or not outcome:
            return _result(bad or _silent(ended), "run", ended, told or _tail(output))
    return _written(task, outcome, why, ended, output)


def _in_process(
    box: Box, task: Task, warm: Zygote | None, oom: Callable[[], bool], output: int, result: int
) -> Result:
    nonce = os.urandom(16).hex()
    asked = {
        "what": "both", "code": task.code, "script": task.script,
        "entry_point": task.entry_point, "as_main": task.as_main, "nonce": nonce,
    }  # fmt: skip
    with Job(box, task.limits) as job:
        ended = job.wait(_start(job, warm, asked, (output, output, result)))
    said = text_of(result, LINE)
    if not said.startswith(nonce):
        outcome, why = _end(ended, task, oom(), output, result)
        return _result(outcome or _silent(ended), "run", ended, why or _tail(output), "in_process")
    verdict, _, why = said.removeprefix(nonce).partition("\n")
    stage = "compile" if verdict == "compile_error" else "run"
    return _result(verdict, stage, ended, _all(output, why), "in_process")


def _by_script(
    box: Box, task: Task, warm: Zygote | None, oom: Callable[[], bool], output: int, result: int
) -> Result:
    serve = {"what": "serve", "code": task.code, "as_main": task.as_main}
    test = {
        "what": "test", "script": task.script, "entry_point": task.entry_point,
    }  # fmt: skip
    ours, theirs = socket.socketpair()
    with (
        Memory("verdict") as verdict,
        Job(box, task.limits) as tester,
        Job(box, task.limits) as program,
        ours,
        theirs,
    ):
        program_pid = _start(program, warm, serve, (output, output, result), theirs.fileno())
        tester_pid = _start(tester, warm, test, (_NULL, _NULL, verdict), ours.fileno())
        ours.close()
        theirs.close()
        tested = tester.wait(tester_pid, clock_of=program_pid)
        said = text_of(verdict, LINE)
        over = bool(said) or tested.late
        ended = program.end(program_pid) if over else program.wait(program_pid)
    ended = replace(ended, wall_seconds=max(ended.wall_seconds, tested.wall_seconds))
    report: dict[str, str] = json.loads(said) if said else {"outcome": "gone", "output": ""}
    compiled = text_of(result, 4096)
    if compiled.startswith(_UNREAD):
        return _unread(ended, compiled)
    if tested.late:
        ended = Ended(-1, 0, ended.cpu_seconds, ended.wall_seconds, ended.peak_memory, late=True)
    if report["outcome"] == "gone":
        outcome, why = _end(ended, task, oom(), output, result)
        return _result(outcome or _silent(ended), "run", ended, why or _tail(output))
    return _written(task, report["outcome"], report["output"], ended, output)


_UNREAD = "compile "
"""What stands before why Python cannot read a program."""


def _unread(ended: Ended, said: str) -> Result:
    return _result("compile_error", "compile", ended, short(said.removeprefix(_UNREAD)))


def _written(task: Task, outcome: str, why: str, ended: Ended, output: int) -> Result:
    """What tests found, unless the program wrote too much."""
    if full(output, task.limits.output):
        return _result("output_limit", "run", ended, "too much was written")
    return _result(outcome, "run", ended, _all(output, short(why, 400)))


def _end(ended: Ended, task: Task, oom: bool, output: int, result: int) -> tuple[str, str]:
    limit = task.limits.output
    written_out = full(output, limit) or full(result, limit)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=oom)
    if outcome or ended.signal == 0:
        return outcome, why
    return "runtime_error", f"ended by signal {ended.signal}"


def _silent(ended: Ended) -> str:
    return "no_verdict" if ended.signal == 0 else "runtime_error"


def _all(output: int, why: str) -> str:
    """What the program wrote, and why it did not pass."""
    return "\n".join(filter(None, (_tail(output).rstrip("\n"), why)))


def _tail(output: int) -> str:
    return short(text_of(output))


def _result(
    outcome: str,
    stage: str,
    ended: Ended,
    output: str,
    isolation: str = "split",
    values: str | None = None,
) -> Result:
    return Result(
        outcome=outcome,
        stage=stage,
        output=output,
        values=values,
        isolation=isolation,
        cpu_seconds=ended.cpu_seconds,
        wall_seconds=ended.wall_seconds,
        peak_memory=ended.peak_memory,
    )


def _warm(box: Box, task: Task) -> tuple[Zygote | None, str]:
    """The warm interpreter, or None and why there is none."""
    command = _command("main", box.path)

    def test(zygote: Zygote) -> str:
        for code, given in (("def f(x): return [x]", '{"value":[1]}'), ("f = g", "NameError")):
            trial = replace(task, code=code, entry_point="f", arguments=((1,),), script=None)
            with Memory("output") as output, Memory("result") as result:
                found = _by_calls(box, trial, zygote, lambda: False, output, result)
            if given not in str(found.values):
                return f"self-test: {found.outcome} {found.output}"
        return ""

    return _FORKS.of(box, command, _ENVIRONMENT, test)


_FORKS = Forks("Python cannot be kept small here, and starts anew for each program")
"""The warm interpreter of this worker."""
