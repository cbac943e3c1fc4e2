"""What runs a Python program: a fork of a process that is kept, or one that is started for it.

It finds a nonce in descriptor 4, what it is asked in 5, and writes to 3 what came of it.
Little is imported here: it is copied for every program.
"""

import atexit
import builtins
import contextlib
import ctypes
import gc
import marshal
import os
import random
import sys
from _sitebuiltins import Quitter
from collections.abc import Callable, Sequence
from typing import Any

from sodakd.judge.sandbox.script import Ended, compile_program, entry_of, namespace, run_script
from sodakd.judge.sandbox.text import flush, format_exception, limit
from sodakd.text.json_values import Json, NotSerialisable, dump, encode, is_plain

RESULT, NONCE, ASKED = 3, 4, 5
"""The descriptors of a program."""
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
    for name in ("exit", "quit"):  # Python's own, which the module `site` would bring
        setattr(builtins, name, Quitter(name, "Ctrl-D"))
    for name in _LOADED.split():
        __import__(name)


def _warm_up() -> None:
    """Have the compiler and the texts of errors ready before the first fork."""
    for code in ("def f(x):\n    return [x]\n", "def f(x:", "def f(x):\n    return 1 / 0"):
        _run_calls(lambda _: None, code, "f", [[1]])
        script = "def check(g):\n    assert g(1) == [1]\ncheck(f)\n"
        _run_script(lambda _: None, code, script, "f", as_main=False, nonce="")
    for name in ("solution", "__main__"):
        del sys.modules[name]
    gc.collect()
    gc.freeze()


def _answer() -> None:
    """In the process of a program: do what is asked, and end."""
    status, flushed = 124, (sys.stdout,)  # a program may put another in its place
    try:
        request = marshal.loads(os.pread(ASKED, os.fstat(ASKED).st_size, 0))
        nonce = os.read(NONCE, 32).decode()
        os.closerange(NONCE, ASKED + 1)
        random.seed(0)  # a program draws the same numbers each time
        sys.argv[:] = ["solution.py"]
        status = 0
        if "script" in request:
            _run_script(_write, **request, nonce=nonce)
        elif "arguments" in request:
            _run_calls(_write, **request)
        else:
            status = _run_file(_write, **request)
    except BaseException as error:
        sys.__excepthook__(type(error), error, error.__traceback__)
    try:
        for stream in (*flushed, sys.stdout, sys.stderr):
            flush(stream)
    finally:
        _exit(status)


def _write(text: bytes) -> None:
    write = os.write
    while text:
        text = text[write(RESULT, text) :]


def _run_calls(
    write: _Write, code: str, entry_point: str, arguments: Sequence[Sequence[Json]]
) -> None:
    """Define the program and call it: a line for each value, the last one for what it raised."""
    space, stdout = namespace(as_main=False), sys.stdout
    program = compile_program(code, write)
    if program is None:
        return
    try:
        exec(program, space)
        entry: Any = entry_of(space, entry_point)
        for given in arguments:
            found = entry(*given)
            flush(stdout)
            write(dump(_given(found)))
    except BaseException as error:  # whatever a program raises is data, SystemExit too
        write(dump({"error": format_exception(error), "limit": limit(error)}))


def _given(found: object) -> dict[str, Json]:
    """What a call gave: its value, and whether it is true where only the program knows that."""
    said: dict[str, Json] = {}
    if not is_plain(found):
        with contextlib.suppress(Exception):
            said["true"] = bool(found)
    try:
        said["value"] = encode(found)
    except NotSerialisable as error:
        said["other"] = str(error)
    except RecursionError:
        said["other"] = "gave a value that is nested too deep"
    return said


def _run_file(write: _Write, code: str) -> int:
    """Run a program as Python runs a file, and return its exit status."""
    space, status = namespace(as_main=True), 0
    program = compile_program(code, write)
    if program is None:
        return 0
    try:
        exec(program, space)
    except SystemExit as end:
        status = end.code & 255 if isinstance(end.code, int) else int(end.code is not None)
        if status == 1 and not isinstance(end.code, int):
            _say(str(end.code))
    except BaseException as error:  # whatever a program raises is data
        status = 1
        _say(format_exception(error))
    # What Python does at its end: threads end, what is to be done then is done, files are closed.
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    space.clear()
    gc.collect()
    return status


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode(errors="replace"))


def _run_script(
    write: _Write, code: str, script: str, entry_point: str, *, as_main: bool, nonce: str
) -> None:
    """Run the program and its tests in one namespace; the outcome stands behind the nonce."""

    def end(found: Ended) -> None:
        write(f"{nonce}{found.outcome}\n{found.why}".encode(errors="replace"))

    space = namespace(as_main=as_main)
    program = compile_program(code, write)
    if program is not None:
        end(run_script(program, code, script, entry_point, space, end))
