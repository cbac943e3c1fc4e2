"""Python: a small interpreter that is kept running forks itself for each program.

Calls are answered by the program alone; what they must give is compared elsewhere. A test script
runs in the program's own process, and its end is told behind a nonce: who leaves early has not
passed. Cold, an interpreter is started for each program.
"""

import marshal
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sodakd.judge.sandbox.accelerator import Accelerator, UnavailableError
from sodakd.judge.sandbox.build_run import VALUES, MemFile
from sodakd.judge.sandbox.fork_server import ForkServer
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.json_values import decode
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox.sandbox import BoxError, ExitInfo, Sandbox
from sodakd.judge.sandbox.task import Result, Task, bad_end, full, text_of
from sodakd.judge.sandbox.text import shorten

_PACKAGE = str(Path(__file__).resolve().parents[2])
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}


def judge(box: Sandbox, task: Task, killed_for_memory: Callable[[], bool]) -> Result:
    """Try one program."""
    warm = _warm(box, task) if task.warm else None
    try_it = _by_calls if task.script is None else _by_script
    with MemFile("output") as output, MemFile("result") as result:
        try:
            found = try_it(box, task, warm, killed_for_memory, output, result)
        except BoxError:
            if warm is None:
                raise
            _FORKS.close()
            return judge(box, replace(task, warm=False), killed_for_memory)
    return replace(found, notes=(_FORKS.note,)) if _FORKS.note else found


def _run(
    box: Sandbox,
    task: Task,
    warm: ForkServer | None,
    asked: dict[str, object],
    output: int,
    result: int,
) -> ExitInfo:
    """Run a process that does what `python_runner.py` is asked; `result` is its descriptor 3."""
    most = task.limits.output
    with MemFile("asked") as file, Job(box, task.limits) as job:
        # Version 2 copies what is there twice: no call shall see what another did to its arguments.
        text = memoryview(marshal.dumps(asked, 2))
        while text:
            text = text[os.write(file, text) :]
        handed = (job.null, output, output, result, file)
        if warm is not None:
            pid = warm.fork(job, handed, job.limits, most)
        else:
            pid = job.spawn(_command("alone"), handed, None, _ENVIRONMENT, output=most)
        return job.wait(pid, written=(output, result))


def _command(function: str, *given: str) -> tuple[str, ...]:
    """An interpreter that starts by calling a function of `python_runner.py`."""
    main = (  # the folder that holds the package is not seen everywhere
        f"import sys; own = sys.modules['sodakd'] = type(sys)('sodakd');"
        f" own.__path__ = [{path_inside(_PACKAGE)!r}];"
        f" from sodakd.judge.sandbox.python_runner import {function}; {function}{given!r}"
    )
    return (path_inside(sys.executable), "-P", "-s", "-S", "-B", "-c", main)


def _by_calls(
    box: Sandbox,
    task: Task,
    warm: ForkServer | None,
    oom: Callable[[], bool],
    output: int,
    result: int,
) -> Result:
    asked: dict[str, object] = {
        "what": "calls", "code": task.code, "entry_point": task.entry_point,
        "arguments": [[decode(one) for one in call] for call in task.arguments],
    }  # fmt: skip
    ended = _run(box, task, warm, asked, output, result)
    lines = text_of(result, VALUES)
    if lines.startswith(_UNREAD):
        return _unread(task, ended, lines)
    outcome, why = _end(ended, task, oom(), output, result)
    if outcome:
        return _result(task, outcome, "run", ended, why or _tail(output))
    return _result(task, "", "run", ended, _tail(output), values=lines)


def _by_script(
    box: Sandbox,
    task: Task,
    warm: ForkServer | None,
    oom: Callable[[], bool],
    output: int,
    result: int,
) -> Result:
    nonce, script = os.urandom(16).hex(), task.script or ""
    asked: dict[str, object] = {
        "what": "script", "code": task.code, "script": script,
        "entry_point": task.entry_point, "as_main": task.as_main, "nonce": nonce,
    }  # fmt: skip
    ended = _run(box, task, warm, asked, output, result)
    said = text_of(result)
    if said.startswith(_UNREAD):
        return _unread(task, ended, said)
    outcome, why = _end(ended, task, oom(), output, result)
    if outcome:
        return _result(task, outcome, "run", ended, why)
    if said.startswith(nonce):
        outcome, _, why = said.removeprefix(nonce).partition("\n")
        return _result(task, outcome, "run", ended, _all(output, shorten(why, 400)))
    if script.strip() or ended.status != 0:
        outcome = "no_verdict" if ended.status == 0 or script.strip() else "runtime_error"
        return _result(task, outcome, "run", ended, _all(output, f"ended with {ended.status}"))
    return _result(task, "passed", "run", ended, _tail(output))  # a file that ended well


_UNREAD = "compile "
"""What stands before why Python cannot read a program."""


def _unread(task: Task, ended: ExitInfo, said: str) -> Result:
    return _result(task, "compile_error", "compile", ended, shorten(said.removeprefix(_UNREAD)))


def _end(ended: ExitInfo, task: Task, oom: bool, output: int, result: int) -> tuple[str, str]:
    limit = task.limits.output
    written_out = full(output, limit) or full(result, limit)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=oom)
    if outcome or ended.signal == 0:
        return outcome, why
    return "runtime_error", f"ended by signal {ended.signal}"


def _all(output: int, why: str) -> str:
    """What the program wrote, and why it did not pass."""
    return "\n".join(filter(None, (_tail(output).rstrip("\n"), why)))


def _tail(output: int) -> str:
    return shorten(text_of(output))


def _result(
    task: Task, outcome: str, stage: str, ended: ExitInfo, output: str, values: str | None = None
) -> Result:
    return Result(
        outcome=outcome,
        stage=stage,
        output=output,
        values=values,
        isolation="split" if task.script is None else "in_process",
        cpu_seconds=ended.cpu_seconds,
        wall_seconds=ended.wall_seconds,
        peak_memory=ended.peak_memory,
    )


def _warm(box: Sandbox, task: Task) -> ForkServer | None:
    """The warm interpreter, or None where there is none."""
    command = _command("main", box.path)

    def test(zygote: ForkServer) -> None:
        for code, given in (("def f(x): return [x]", '{"value":[1]}'), ("f = g", "NameError")):
            trial = replace(task, code=code, entry_point="f", arguments=((1,),), script=None)
            with MemFile("output") as output, MemFile("result") as result:
                found = _by_calls(box, trial, zygote, lambda: False, output, result)
            if given not in str(found.values):
                raise ValueError(f"self-test: {found.outcome} {found.output}")

    try:
        return _FORKS.of(command, lambda: ForkServer(box, command, _ENVIRONMENT), test)
    except UnavailableError:
        return None


_FORKS = Accelerator[ForkServer]("Python")
"""The warm interpreter of this worker."""
