"""Python: this interpreter forks itself for each program.

Calls are answered by the program alone; what they must give is compared elsewhere. A test script
runs in a process of its own, and its calls reach the program through a socket that only plain
values cross (split mode): a program cannot forge what it does not hold.
"""

import ast
import builtins
import errno
import fcntl
import gc
import io
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable, Mapping

from sodakd.judge.inside.job import Box, Ended, Job
from sodakd.judge.inside.plain import Json, NotPlainError, decode, dump, encode
from sodakd.judge.inside.task import Result, Task, bad_end, full, short, text_of

LINE = 16 * 2**20
_exit = os._exit
_NULL = os.open(os.devnull, os.O_RDWR)


def judge(box: Box, task: Task, killed_for_memory: Callable[[], bool]) -> Result:
    """Try one program."""
    files = [os.memfd_create(name) for name in ("output", "result", "verdict")]
    try:
        if task.script < 0:
            return _by_calls(box, task, killed_for_memory, *files[:2])
        if task.in_process:
            return _in_process(box, task, killed_for_memory, *files[:2])
        return _by_script(box, task, killed_for_memory, *files)
    finally:
        for file in files:
            os.close(file)


def warm_up() -> None:
    """Have the compiler and the error texts ready before the first fork: each child needs them."""
    for code in (
        "def f(x):\n    return [y for y in x]\n",
        "def f(x:",
        "def f(x):\n    return 1 / 0",
    ):
        sink = io.BytesIO()
        _answer_calls(code, "f", ([1],), sink.write)
    _free_names("def check(candidate):\n    assert candidate(1) == 2\ncheck(f)\n", "")
    gc.collect()
    gc.freeze()


# --- calls -----------------------------------------------------------------------------------


def _by_calls(box: Box, task: Task, oom: Callable[[], bool], output: int, result: int) -> Result:
    with Job(box, task.limits) as job:
        pid = job.fork()
        if pid == 0:
            with _ChildOf(job, task, (_NULL, output, output, result)):
                _answer_calls(task.code, task.entry_point, task.arguments, _writer(3))
        ended = job.wait(pid)
    lines = text_of(result, LINE)
    if lines.startswith("compile "):
        return _result("compile_error", "compile", ended, lines.removeprefix("compile "))
    outcome, why = _end(ended, task, oom(), output, result)
    if outcome:
        return _result(outcome, "run", ended, why or _tail(output))
    return _result("", "run", ended, _tail(output), values=lines)


def _answer_calls(
    code: str,
    entry_point: str,
    calls: tuple[tuple[Json, ...], ...] | tuple[list[int], ...],
    write: Callable[[bytes], object],
) -> None:
    sys.set_int_max_str_digits(0)
    space: dict[str, object] = {"__name__": "solution"}
    try:
        compiled = compile(code, "solution.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        write(b"compile " + short(f"{type(error).__name__}: {error}", 400).encode(errors="replace"))
        return
    try:
        exec(compiled, space)
        entry = space.get(entry_point)
        if not callable(entry):
            raise NameError(f"{entry_point} is not defined")
        for arguments in calls:
            found = entry(*arguments)
            try:
                write(dump({"value": encode(found)}))
            except (NotPlainError, RecursionError) as error:
                write(dump({"other": str(error)}))
    except BaseException as error:  # whatever a program raises is data, SystemExit too
        write(dump({"error": _said(error), "limit": _limit(error)}))


def _limit(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "memory_limit"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return "output_limit"
    return ""


def _writer(descriptor: int) -> Callable[[bytes], object]:
    write = os.write

    def whole(text: bytes) -> None:
        while text:
            text = text[write(descriptor, text) :]

    return whole


# --- a script, in the program's own process ----------------------------------------------------


def _in_process(box: Box, task: Task, oom: Callable[[], bool], output: int, result: int) -> Result:
    nonce = os.urandom(16).hex().encode()
    with Job(box, task.limits) as job:
        pid = job.fork()
        if pid == 0:
            script = text_of(task.script, LINE)
            with _ChildOf(job, task, (_NULL, output, output, result)):
                _writer(3)(nonce + dump(_run_both(task.code, script)))
        ended = job.wait(pid)
    said = text_of(result, LINE)
    if not said.startswith(nonce.decode()):
        outcome, why = _end(ended, task, oom(), output, result)
        return _result(outcome or _silent(ended), "run", ended, why or _tail(output), "in_process")
    verdict = json.loads(said[len(nonce) :])
    stage = "compile" if verdict["outcome"] == "compile_error" else "run"
    return _result(verdict["outcome"], stage, ended, verdict["output"], "in_process")


def _run_both(code: str, script: str) -> dict[str, Json]:
    space: dict[str, object] = {"__name__": "solution"}
    try:
        compiled = compile(code, "solution.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return {"outcome": "compile_error", "output": _said(error)}
    try:
        exec(compiled, space)
        exec(compile(script, "tests.py", "exec"), space)
    except AssertionError as error:
        return {"outcome": "wrong_answer", "output": _said(error)}
    except MemoryError:
        return {"outcome": "memory_limit", "output": "MemoryError"}
    except BaseException as error:
        return {"outcome": "runtime_error", "output": _said(error)}
    return {"outcome": "passed", "output": ""}


# --- a script, in a process of its own --------------------------------------------------------


class _GoneError(Exception):
    """The program ended, or stopped to speak as it must."""


def _by_script(
    box: Box, task: Task, oom: Callable[[], bool], output: int, result: int, verdict: int
) -> Result:
    ours, theirs = socket.socketpair()
    with Job(box, task.limits) as tester, Job(box, task.limits) as program, ours, theirs:
        program_pid = program.fork()
        if program_pid == 0:
            with _ChildOf(program, task, (_NULL, output, output, result, theirs.fileno())):
                _serve(task.code, socket.socket(fileno=os.dup(4)), _writer(3))
        tester_pid = tester.fork()
        if tester_pid == 0:
            descriptors = (_NULL, _NULL, _NULL, verdict, ours.fileno(), task.script)
            with _ChildOf(tester, task, descriptors):
                _writer(3)(
                    dump(_test(text_of(5, LINE), task.entry_point, socket.socket(fileno=os.dup(4))))
                )
        ours.close()
        theirs.close()
        tested = tester.wait(tester_pid, clock_of=program_pid)
        said = text_of(verdict, LINE)
        over = bool(said) or tested.late
        ended = program.end(program_pid) if over else program.wait(program_pid)
    report = json.loads(said) if said else {"outcome": "gone", "output": ""}
    compiled = text_of(result, 4096)
    if compiled.startswith("compile "):
        return _result("compile_error", "compile", ended, compiled.removeprefix("compile "))
    if tested.late:
        ended = Ended(-1, 0, ended.cpu_seconds, tested.wall_seconds, ended.peak_memory, late=True)
    if report["outcome"] == "gone":
        outcome, why = _end(ended, task, oom(), output, result)
        return _result(outcome or _silent(ended), "run", ended, why or _tail(output))
    if full(output, task.limits.output):
        return _result("output_limit", "run", ended, "too much was written")
    return _result(report["outcome"], "run", ended, report["output"])


def _serve(code: str, connection: socket.socket, write: Callable[[bytes], object]) -> None:
    """Define the program, then answer calls until the tester hangs up."""
    sys.set_int_max_str_digits(0)
    stream = connection.makefile("rwb")
    space: dict[str, object] = {"__name__": "solution"}
    try:
        compiled = compile(code, "solution.py", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        write(b"compile " + short(_said(error), 400).encode(errors="replace"))
        return
    try:
        exec(compiled, space)
        stream.write(dump({"ready": True}))
    except BaseException as error:
        stream.write(dump(_raised(error)))
    stream.flush()
    while line := stream.readline():
        stream.write(dump(_reply(json.loads(line), space)))
        stream.flush()


def _reply(request: Mapping[str, Json], space: dict[str, object]) -> Json:
    name = str(request["name"])
    if "arguments" not in request:
        if name not in space:
            return {"missing": name}
        module = getattr(space[name], "__name__", "")
        if isinstance(space[name], type(os)):
            return {"module": str(module)}
        if callable(space[name]):
            return {"function": name}
        return _encoded(space[name])
    arguments, keywords = decode(request["arguments"]), decode(request["keywords"])
    assert isinstance(arguments, list)
    assert isinstance(keywords, dict)
    before = dump(encode(arguments))
    try:
        found = space[name](*arguments, **keywords)  # type: ignore[operator]
    except BaseException as error:
        return _raised(error)
    reply = _encoded(found)
    try:
        after = encode(arguments)
    except (NotPlainError, RecursionError):
        return reply
    return reply if dump(after) == before else {**reply, "arguments": after}


def _encoded(value: object) -> dict[str, Json]:
    try:
        return {"value": encode(value)}
    except (NotPlainError, RecursionError) as error:
        return {"other": str(error)}


def _raised(error: BaseException) -> dict[str, Json]:
    kinds = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, 0)]
    return {"raised": kinds[0] if kinds else "Exception", "said": _said(error)}


class _Program:
    """The program as its tester sees it: names that can be called."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._answer()

    def ask(self, request: dict[str, Json]) -> dict[str, Json]:
        try:
            self._stream.write(dump(request))
            self._stream.flush()
        except OSError as error:
            raise _GoneError from error
        return self._answer()

    def _answer(self) -> dict[str, Json]:
        try:
            line = self._stream.readline(LINE)
            reply = json.loads(line)
        except (OSError, ValueError, RecursionError) as error:
            raise _GoneError from error
        if not isinstance(reply, dict):
            raise _GoneError
        if "raised" in reply:
            kind = getattr(builtins, str(reply["raised"]), Exception)
            raise _Raised(kind, str(reply.get("said", "")))
        return reply

    def named(self, name: str) -> object:
        """What stands under a name in the program. Raises `NameError`."""
        reply = self.ask({"name": name})
        if "function" in reply:
            return self._function(name)
        if "module" in reply:
            module = str(reply["module"])
            if module.partition(".")[0] in sys.stdlib_module_names:
                return __import__(module, fromlist=["*"])
        if "value" in reply:
            return decode(reply["value"])
        raise NameError(f"the program has no {name}")

    def _function(self, name: str) -> Callable[..., object]:
        def call(*arguments: object, **keywords: object) -> object:
            request = {
                "name": name, "arguments": encode(list(arguments)), "keywords": encode(keywords)
            }  # fmt: skip
            try:
                reply = self.ask(request)
            except _Raised as raised:
                raise _as_builtin(raised) from None
            if "value" not in reply:
                raise AssertionError(f"{name} gave {reply.get('other', 'nothing plain')}")
            if "arguments" in reply:
                _bring_back(arguments, decode(reply["arguments"]))
            return decode(reply["value"])

        call.__name__ = name
        return call


class _Raised(Exception):
    """What the program raised: the nearest kind that Python has of itself, and its text."""

    def __init__(self, kind: object, said: str) -> None:
        super().__init__(said)
        self.kind = kind


def _as_builtin(raised: _Raised) -> BaseException:
    kind = raised.kind
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(str(raised))
        except TypeError:  # UnicodeDecodeError and its like take more than a text
            error = ValueError(str(raised))
    else:
        error = RuntimeError(str(raised))
    error.__dict__["sodakd_raised"] = True
    return error


def _bring_back(ours: tuple[object, ...], theirs: object) -> None:
    """A function may change its lists, dicts and sets in place: do the same to the tester's."""
    assert isinstance(theirs, list)
    for old, new in zip(ours, theirs, strict=True):
        if isinstance(old, list) and isinstance(new, list):
            old[:] = new
        elif isinstance(old, (dict, set)) and type(old) is type(new):
            old.clear()
            old.update(new)


def _test(script: str, entry_point: str, connection: socket.socket) -> dict[str, Json]:
    """Run the script; names that neither it nor Python defines are the program's.

    So is the entry point, whatever Python has under that name.
    """
    sys.set_int_max_str_digits(0)
    try:
        program = _Program(connection)
        space: dict[str, object] = {"__name__": "tests"}
        for name in _free_names(script, entry_point):
            try:
                space[name] = program.named(name)
            except NameError:
                continue  # a NameError where it is used, as it would be without us
        exec(compile(script, "tests.py", "exec"), space)
    except _GoneError:
        return {"outcome": "gone", "output": ""}
    except _Raised as raised:
        return {"outcome": "runtime_error", "output": short(str(raised), 400)}
    except NotPlainError as error:
        return {"outcome": "not_plain", "output": str(error)}
    except AssertionError as error:
        if "sodakd_raised" not in error.__dict__:
            return {"outcome": "wrong_answer", "output": short(_said(error), 400)}
        return {"outcome": "runtime_error", "output": short(str(error), 400)}
    except BaseException as error:
        outcome = _limit(error) or "runtime_error"
        return {"outcome": outcome, "output": short(_said(error), 400)}
    return {"outcome": "passed", "output": ""}


def _free_names(script: str, entry_point: str) -> list[str]:
    tree = ast.parse(script)
    loaded: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loaded[node.id] = None
    return [name for name in loaded if name == entry_point or not hasattr(builtins, name)]


# --- all of them -------------------------------------------------------------------------------


class _ChildOf:
    """What a forked child does, as a context: it never comes back from it."""

    def __init__(self, job: Job, task: Task, descriptors: tuple[int, ...]) -> None:
        self._job, self._task, self._descriptors = job, task, descriptors

    def __enter__(self) -> None:
        try:
            _settle(self._job, self._task, self._descriptors)
        except BaseException:
            os._exit(123)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is not None:
                traceback.print_exception(error)
                sys.stderr.flush()
        finally:
            _exit(0 if error is None else 124)


def _settle(job: Job, task: Task, descriptors: tuple[int, ...]) -> None:
    """In a forked child: take these descriptors as 0, 1, 2, ..., and become untrusted."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 16) for descriptor in descriptors]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number)
    job.enter(len(descriptors), task.limits.output)
    sys.stdin, sys.stdout, sys.stderr = (open(n, "rw"[n > 0], closefd=False) for n in range(3))


def _said(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == "solution.py"]
    except BaseException:  # a program's exception may raise while it is printed
        return short(type(error).__name__, 400)
    return short(f"{text} (line {lines[-1]})" if lines else text, 400)


def _end(ended: Ended, task: Task, oom: bool, output: int, result: int) -> tuple[str, str]:
    limit = task.limits.output
    written_out = full(output, limit) or full(result, limit)
    outcome, why = bad_end(ended, task.limits, written_out=written_out, killed_for_memory=oom)
    if outcome or ended.signal == 0:
        return outcome, why
    return "runtime_error", f"ended by signal {ended.signal}"


def _silent(ended: Ended) -> str:
    return "no_verdict" if ended.signal == 0 else "runtime_error"


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
