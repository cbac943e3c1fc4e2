"""What runs a Python program: a fork of a process that is kept, or one that is started for it.

It finds what it is asked in descriptor 4, and writes to 3 what came of it. Little is imported here,
and of the standard library alone: what is imported is copied for every program.
"""

import ctypes
import gc
import marshal
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sodakd.judge.inside import split
from sodakd.judge.inside.plain import Json, NotPlainError, dump, encode
from sodakd.judge.inside.said import UNREAD, flush, limit, raised

RESULT, ASKED, OTHER = 3, 4, 5
"""The descriptors of a program; the last one is the socket of the split mode."""
_LOADED = "bisect collections copy functools heapq itertools math operator re string typing"
"""What programs import most, beside what is imported here; the rest they load themselves."""
_exit = os._exit  # the one that programs cannot replace
_Write = Callable[[bytes], object]


def main(library: str) -> None:
    """Be forked by requests from descriptor 3. `library` is the inner wall's."""
    _load()
    _warm_up()
    ctypes.PyDLL(library).serve_forks(3, None)  # returns in forks alone
    _answer()


def alone() -> None:
    """Be the process of one program."""
    _load()
    _answer()


def _load() -> None:
    os.environ.clear()
    sys.set_int_max_str_digits(0)
    for name in _LOADED.split():
        __import__(name)


def _warm_up() -> None:
    """Have the compiler and the texts of errors ready before the first fork."""
    for code in ("def f(x):\n    return [x]\n", "def f(x:", "def f(x):\n    return 1 / 0"):
        _calls(lambda _: None, code, "f", [[1]])
        script = "def check(g):\n    assert g(1) == [1]\ncheck(f)\n"
        _both(lambda _: None, code, script, "f", as_main=False, nonce="")
    for _ in range(3):  # Python has a faster way for what it did a few times
        split.rehearse()
    gc.collect()
    gc.freeze()


def _answer() -> None:
    """In the process of a program: do what is asked, and end."""
    status = 124
    own = sys.stdout  # a program may put another in its place
    try:
        request = marshal.loads(os.pread(ASKED, os.fstat(ASKED).st_size, 0))
        os.close(ASKED)
        random.seed(0)  # a program draws the same numbers each time
        sys.argv[:] = ["solution.py"]
        _ASKS[request.pop("what")](_write, **request)
        status = 0
    except BaseException as error:
        sys.__excepthook__(type(error), error, error.__traceback__)
    try:
        for stream in (own, sys.stdout, sys.stderr):
            stream.flush()
    finally:
        _exit(status)


def _write(text: bytes) -> None:
    write = os.write
    while text:
        text = text[write(RESULT, text) :]


def _calls(write: _Write, code: str, entry_point: str, arguments: Sequence[list[Json]]) -> None:
    """Define the program and call it: a line for each value, the last one for what it raised."""
    space, stdout = split.space(as_main=False), sys.stdout
    program = split.compiled(code, write)
    if program is None:
        return
    try:
        exec(program, space)
        if entry_point not in space:
            raise NameError(f"name {entry_point!r} is not defined")
        entry: Any = space[entry_point]
        for given in arguments:
            found = entry(*given)
            flush(stdout)
            try:
                write(dump({"value": encode(found)}))
            except (NotPlainError, RecursionError) as error:
                write(dump({"other": str(error)}))
    except BaseException as error:  # whatever a program raises is data, SystemExit too
        write(dump({"error": raised(error), "limit": limit(error)}))


def _both(
    write: _Write, code: str, script: str, entry_point: str, *, as_main: bool, nonce: str
) -> None:
    """Run the program and its tests in one space; what came of it stands behind the nonce."""
    outcome, output = _tested(code, script, entry_point, split.space(as_main=as_main))
    write(f"{nonce}{outcome}\n{output}".encode(errors="replace"))


def _tested(code: str, script: str, entry_point: str, space: dict[str, object]) -> tuple[str, str]:
    # A program may replace the builtins.
    run, run_uncalled, failure = exec, split.run_uncalled, AssertionError
    try:
        compiled = compile(code, "solution.py", "exec")
    except UNREAD as error:
        return "compile_error", raised(error)
    try:
        tests = compile(script, "tests.py", "exec")
        run(compiled, space)
        run(tests, space)
        run_uncalled(script, lambda: space, entry_point)
    except failure as error:
        return "wrong_answer", raised(error)
    except MemoryError:
        return "memory_limit", "MemoryError"
    except BaseException as error:
        return "runtime_error", raised(error)
    return "passed", ""


def _serve(write: _Write, code: str, *, as_main: bool) -> None:
    split.serve(code, split.space(as_main=as_main), OTHER, write)


def _test(write: _Write, script: str, entry_point: str) -> None:
    write(dump(split.test(script, entry_point, OTHER)))


_ASKS: Mapping[str, Callable[..., None]] = {
    "calls": _calls,
    "both": _both,
    "serve": _serve,
    "test": _test,
}
