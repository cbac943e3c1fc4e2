"""Assertions of a Python script that are calls, `assert f(1) == 2`, read as tests that call.

They are read once, where a benchmark or a row is read. A script is read so only where Python would
do exactly the same: the program is then called, and what it gave is compared outside its process.
"""

import ast
import builtins
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sodakd.judge.sandbox.script import RUNNABLE
from sodakd.judge.sandbox.text import UNREAD
from sodakd.text.json_values import Json, encode
from sodakd.types import Assertion, CallTests, Comparison, TestScript

_MOST = 1000
"""Lines that are read: those of functions that are called again and again would be very many."""
_LONGEST = 65536
"""Characters of a script that is read so."""


def as_calls(script: TestScript) -> CallTests | TestScript:
    """Return the tests that a Python script asserts; the script itself where it does more."""
    if script.in_process or script.as_main:
        return script
    return read_assertions(script.script, script.entry_point) or script


def read_assertions(script: str, entry_point: str) -> CallTests | None:
    """Return the calls that a Python script asserts, where it does nothing else; else None."""
    if len(script) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # about a "\d" in it
            tree = ast.parse(script)
            compile(tree, "tests.py", "exec", dont_inherit=True)  # it refuses more than `parse`
            found = _Script(entry_point)
            found.read(tree, ran_alone=RUNNABLE.search(script) is not None)
        (name,) = found.names
    except (*UNREAD, TypeError):
        return None
    taken = {"", "set", *found.own}  # `set()` is read as a literal
    if name in taken or (name != entry_point if entry_point else hasattr(builtins, name)):
        return None
    return CallTests(entry_point=name, cases=tuple(found.assertions))


@dataclass
class _Script:
    """What is read of a script. All that is no assertion raises `ValueError`."""

    entry_point: str
    own: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    assertions: list[Assertion] = field(default_factory=list)
    lines: int = 0

    def read(self, tree: ast.Module, *, ran_alone: bool) -> None:
        """Read it; `ran_alone`: what nobody calls is called by who runs tests."""
        tests: dict[str, ast.FunctionDef] = {}
        ran: set[str] = set()
        for line in tree.body:
            match line:
                case ast.Assign(targets=[ast.Name(id="METADATA" as name)], value=value):
                    ast.literal_eval(value)
                    self.own.add(name)
                case ast.FunctionDef(name=name) if name not in tests:
                    tests[name] = line
                    self.own.add(name)
                case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=args, keywords=[])) if (
                    name in tests
                ):
                    ran.add(name)
                    self._call(tests[name], [self._given(one) for one in args])
                case _:
                    self._add(line, {})
        if any(one in tests for test in tests.values() for one in _parameters(test)):
            raise ValueError("a test is a parameter")
        for name in [name for name in tests if name not in ran]:
            if not ran_alone or not (name == "check" or name.startswith("test")):
                raise ValueError(f"{name} is not called")
            self._call(tests[name], [self.entry_point] if name == "check" else [])

    def _given(self, argument: ast.expr) -> str:
        """The function that a test is given: a name, or the entry point, which may be more."""
        written = ast.unparse(argument)
        if not isinstance(argument, ast.Name) and written != self.entry_point:
            raise ValueError(f"{written} is no name")
        return written

    def _call(self, test: ast.FunctionDef, given: Sequence[str]) -> None:
        self.names |= {*given}
        names = dict(zip(_parameters(test), given, strict=True))
        for line in test.body:
            self._add(line, names)

    def _add(self, line: ast.stmt, names: Mapping[str, str]) -> None:
        self.lines += 1
        if self.lines > _MOST:
            raise ValueError(f"more than {_MOST} lines")
        for name, assertion in _asserts(line):
            self.names.add(names.get(name, name))
            self.assertions.append(assertion)


def _parameters(test: ast.FunctionDef) -> list[str]:
    given = test.args
    if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or given.defaults:
        raise ValueError(f"({ast.unparse(given)}) are not as a test's")
    if test.decorator_list or test.returns or any(one.annotation for one in given.args):
        raise ValueError(f"{test.name} has decorators or annotations")
    return [one.arg for one in given.args]


def _asserts(line: ast.stmt) -> Iterator[tuple[str, Assertion]]:
    expected: Json
    match line:
        case ast.Expr(value=ast.Constant()) | ast.Assert(test=ast.Constant(value=True)):
            return
        case ast.Assert(test=ast.Compare(left=call, ops=[ast.Eq()], comparators=[value])):
            comparison, expected = Comparison.EQUAL, encode(ast.literal_eval(value))
        case ast.Assert(
            test=ast.Compare(
                left=call,
                ops=[ast.Is()],
                comparators=[ast.Constant(value=None | True | False as expected)],
            )
        ):
            comparison = Comparison.IDENTICAL
        case ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=call)):
            comparison, expected = Comparison.TRUTH, False
        case ast.Assert(test=call):
            comparison, expected = Comparison.TRUTH, True
        case _:
            raise ValueError(f"{ast.unparse(line)} is no assertion")
    if not isinstance(call, ast.Call) or call.keywords or not isinstance(call.func, ast.Name):
        raise ValueError(f"{ast.unparse(call)} is no call of a function")
    if line.msg is not None and not isinstance(line.msg, ast.Constant):
        raise ValueError(f"{ast.unparse(line.msg)} is no text")
    arguments = tuple(encode(ast.literal_eval(one)) for one in call.args)
    yield call.func.id, Assertion(arguments=arguments, expected=expected, comparison=comparison)
