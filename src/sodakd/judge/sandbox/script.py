"""A Python program and its test script in one process, run as a runner of tests would."""

import ast
import builtins
import os
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sodakd.judge.sandbox.text import UNREAD, format_exception, limit
from sodakd.text.compiler_errors import is_of_tests

_PROGRAM, _TESTS = "solution.py", "tests.py"
"""The names of the two in tracebacks: they say whose failure one is."""
_OWN = ("solution", "__main__")
"""The modules that a program is."""


class Ended(NamedTuple):
    """The outcome of a script, and why it is no pass."""

    outcome: str
    why: str = ""


class BrokenTestsError(Exception):
    """The tests themselves cannot run here, whatever the program is."""


def namespace(*, as_main: bool) -> dict[str, object]:
    """Return where a program's names are put: a module, as pickles and dataclasses look for it.

    It is `__main__` too, whatever its name: `unittest.main` and `doctest` look there.
    """
    module = types.ModuleType("__main__" if as_main else "solution")
    module.__file__ = _PROGRAM
    sys.modules["solution"] = sys.modules["__main__"] = module
    return vars(module)


def compile_program(code: str, write: Callable[[bytes], object]) -> types.CodeType | None:
    """Return the program as Python reads it; where it cannot be read, None, and why is written."""
    try:
        return compile(code, _PROGRAM, "exec")
    except UNREAD as error:
        write(b"compile " + format_exception(error).encode(errors="replace"))
        return None


def run_script(
    program: types.CodeType, code: str, script: str, entry_point: str, space: dict[str, object],
    leave: Callable[[Ended], object],
) -> Ended:  # fmt: skip
    """Run a program and its tests in one namespace, and return the outcome.

    Who leaves early has not passed: an end by success counts where the tests leave, or where there
    are none. `leave` is told of tests that leave by `os._exit`.
    """
    run, compile_tests, failure = exec, compile, AssertionError  # a program may replace them
    try:
        run(program, space)
    except SystemExit as end:
        if not script.strip() and _is_success(end):
            return Ended("passed")
        return Ended("runtime_error", format_exception(end))
    except BaseException as error:
        return Ended(limit(error) or "runtime_error", format_exception(error))
    if not script.strip():
        return Ended("passed")
    try:
        tests = compile_tests(script, _TESTS, "exec")
    except UNREAD as error:
        return Ended("no_verdict", f"the tests cannot be read: {format_exception(error)}")
    exit_at_once = os._exit
    try:
        _tell_of_exit(leave)
        _run_tests(run, tests, space)
        run_uncalled(script, space, entry_point)
    except failure as error:
        return Ended("wrong_answer", _failure(error, script))
    except BaseException as error:
        broken = _broken(error) or _undefined(error, code, script, entry_point)
        if broken := broken or _unopened(error, code, script):
            return Ended("no_verdict", f"the tests cannot run here: {broken}")
        return Ended(limit(error) or "runtime_error", format_exception(error))
    finally:
        os._exit = exit_at_once
    return Ended("passed")


def _run_tests(
    run: Callable[[types.CodeType, dict[str, object]], None],
    tests: types.CodeType,
    space: dict[str, object],
) -> None:
    try:
        run(tests, space)
    except SystemExit as end:
        if _PROGRAM in _files(end):
            raise
        if not _is_success(end):
            raise AssertionError(f"the tests ended with {end.code}") from end


def _is_success(end: SystemExit) -> bool:
    return end.code is None or (isinstance(end.code, int) and int.__eq__(end.code, 0))


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    """The file and the line of each of an exception's frames, the one that raised it last."""
    at = error.__traceback__
    while at is not None:
        yield at.tb_frame.f_code.co_filename, at.tb_lineno
        at = at.tb_next


def _files(error: BaseException) -> list[str]:
    return [file for file, _ in _frames(error)]


def _lines(error: BaseException) -> list[int]:
    """The lines of the tests that an exception went through."""
    return [line for file, line in _frames(error) if file == _TESTS]


def _failure(error: BaseException, script: str) -> str:
    """What an assertion says that failed, or what stands in its line."""
    said, lines = format_exception(error), _lines(error)
    if not said.endswith(": ") or not lines:
        return said
    return f"{said}line {lines[-1]} of the tests: {_split(script)[lines[-1] - 1].strip()}"


def _split(script: str) -> list[str]:
    """The lines of a script, as Python counts them."""
    return re.split(r"\r\n?|\n", script)


def _tell_of_exit(leave: Callable[[Ended], object]) -> None:
    exit_at_once = os._exit

    def leaving(status: int) -> None:
        if sys._getframe(1).f_code.co_filename == _TESTS:
            leave(Ended("no_verdict", f"ended with {status}") if status else Ended("passed"))
        exit_at_once(status)

    os._exit = leaving  # type: ignore[assignment]


def _broken(error: BaseException) -> str:
    """What is wrong with the tests themselves; "" where the failure is the program's."""
    if isinstance(error, BrokenTestsError):
        return str(error)
    files = _files(error)
    if not isinstance(error, ImportError) or files[-1] != _TESTS or error.name in _OWN:
        return ""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is missing (programs and tests have Python's standard library)"
    return str(error)


def _unopened(error: BaseException, code: str, script: str) -> str:
    """The file that the tests want and nobody made, in words; "" where that is not the error.

    What a program's functions do they have not done where none of them is named before.
    """
    lines = _lines(error)
    if not isinstance(error, FileNotFoundError) or _PROGRAM in _files(error) or not lines:
        return ""
    before = "\n".join(_split(script)[: lines[0] - 1])
    used = set(re.findall(r"\w+", re.sub(r"(?m)^\s*(?:from|import)\b.*", "", before)))
    defined = {getattr(node, "name", "") for node in ast.parse(code).body} - {""}
    if not defined or defined & used or str(error.filename) in code:
        return ""
    return f"{error.filename} is missing (there are no files beside tests)"


def _undefined(error: BaseException, code: str, script: str, entry_point: str) -> str:
    """The name that the tests use and nobody defines, in words; "" where that is not the error."""
    name = error.name if type(error) is NameError and _files(error)[-1] == _TESTS else ""
    if not name or hasattr(builtins, name) or not is_of_tests(name, code, entry_point):
        return ""
    for node in ast.walk(ast.parse(script)):
        if name in (getattr(node, given, "") for given in ("name", "asname", "arg")):
            return ""  # a name that the tests give to something, if they come so far
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return ""
    return f"they use {name}, and nobody defines it"


# --- what a runner of tests calls --------------------------------------------------------------

RUNNABLE = re.compile(
    r"^(?:(?:async )?def test|class (?:\w+\(|Test)|def check\b(?![\s\S]*^check\())", re.MULTILINE
)
"""Scripts with what a runner of tests would call."""


def run_uncalled(script: str, space: Mapping[str, object], entry_point: str) -> None:
    """Call what a runner of tests would, of what the script defines and does not use itself.

    `check` with the entry point, functions `test...`, classes `Test...`, and cases of unittest:
    those even where the script runs them, for that fails without an exception. Raises
    `BrokenTestsError` where a function needs what nobody here would give it.
    """
    if not RUNNABLE.search(script):
        return
    tree = ast.parse(script)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bases = {
        base.id
        for node in ast.walk(tree)
        for base in getattr(node, "bases", ())
        if isinstance(base, ast.Name)
    }
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        found = space.get(node.name)
        if isinstance(node, ast.ClassDef):
            if isinstance(found, type) and node.name not in bases:
                _run_class(found, used=node.name in used)
        elif isinstance(found, types.FunctionType) and node.name not in used:
            if node.name == "check" and entry_point:
                found(*_arguments(found, [entry_of(space, entry_point)]))
            elif node.name.startswith("test"):
                _finish(found(*_arguments(found, [])))


def entry_of(space: Mapping[str, object], entry_point: str) -> object:
    """Return the program's function: an entry point is a name, or an expression that begins so.

    `Solution.add` is called on an object where it takes one. Raises `NameError` where the program
    does not define it, whatever Python has under that name.
    """
    ((name, more),) = re.findall(r"\A\s*(\w*)(.*)", entry_point, re.DOTALL)
    if name not in space and name != "lambda":
        raise NameError(f"name {name!r} is not defined")
    holder, method = space.get(name), more.strip().removeprefix(".")
    if isinstance(holder, type) and method.isidentifier():
        own = next((vars(kind)[method] for kind in holder.__mro__ if method in vars(kind)), None)
        if isinstance(own, types.FunctionType) and own.__code__.co_varnames[:1] == ("self",):
            entry_point = f"{name}().{method}"
    found: object = eval(entry_point, {**space}) if more.strip() else holder
    return found


def _arguments(function: types.FunctionType, given: Sequence[object]) -> Sequence[object]:
    """What is given to a function, where that is all it needs."""
    code = function.__code__
    needs = code.co_varnames[len(given) : code.co_argcount - len(function.__defaults__ or ())]
    if needs:
        raise BrokenTestsError(
            f"{function.__name__} needs {', '.join(needs)}, which a runner would have to give it"
        )
    return given[: code.co_argcount]


def _finish(found: object) -> None:
    if isinstance(found, types.CoroutineType):
        __import__("asyncio").run(found)


_BEFORE, _AFTER = ("setup_class", "setup_method", "setup"), ("teardown_method",)


def _run_class(kind: type, *, used: bool) -> None:
    unittest = sys.modules.get("unittest")
    if unittest is not None and issubclass(kind, unittest.TestCase):
        _run_cases(unittest, kind)
    elif kind.__name__.startswith("Test") and type(kind) is type and not used:
        for name in filter(lambda name: name.startswith("test"), vars(kind)):
            case = kind()
            for ready in (*_BEFORE, name, *_AFTER):
                method = getattr(case, ready, None)
                if isinstance(method, types.MethodType):
                    function = method.__func__
                    assert isinstance(function, types.FunctionType)
                    # What makes ready for a test may be told of the test.
                    told = [] if ready == name else [None] * (function.__code__.co_argcount - 1)
                    _finish(function(*_arguments(function, [case, *told])))


def _run_cases(unittest: types.ModuleType, kind: type) -> None:
    failed: list[BaseException] = []

    def add(*given: object) -> None:  # a case, perhaps a part of it, and what it raised
        match given[-1]:
            case (_, BaseException() as error, _):
                failed.append(error)

    result = unittest.TestResult()
    result.addError = result.addFailure = result.addSubTest = add
    unittest.defaultTestLoader.loadTestsFromTestCase(kind).run(result)
    if failed:
        raise failed[0]
    if not result.wasSuccessful():
        raise AssertionError("a test that is expected to fail did not")
