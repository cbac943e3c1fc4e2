"""Test scripts that only assert what calls give, `assert f(1) == 2`: nobody needs to run them.

The program is called, and what it gave is held against what the script says: that takes no process
for the tests, and what a program must give is nowhere near it. Nothing but the standard library is
imported here.
"""

import ast
import builtins
import json
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from sodakd.judge.inside.plain import decode
from sodakd.judge.inside.said import LIMITS, UNREAD, raised
from sodakd.judge.inside.split import RUNNABLE

_MOST = 1000
"""Lines that are read: those of functions that are called again and again would be very many."""
_LONGEST = 65536
"""Characters that are read here of a script, and of what a program gave: numbers that meet in a
hash table, or a tower of brackets, take their time in a process that has a limit."""


@dataclass(frozen=True)
class Assertion:
    """`assert f(*arguments) == expected, *message`; `holds` tells it of what the call gave."""

    arguments: tuple[object, ...]
    holds: Callable[[object], bool]
    message: tuple[str, ...]


@dataclass(frozen=True)
class Asserted:
    """All that a script asserts, in its order, of the one function that it calls."""

    entry_point: str
    assertions: Sequence[Assertion]

    def judged(self, lines: str) -> tuple[str, str] | None:
        """The outcome of calls that gave these lines (`child.py`), and why it is no pass.

        The outcome is "" where lines are missing. None where only the script itself can tell: of an
        object, say, that is no plain value.
        """
        if len(lines) > _LONGEST:
            return None
        given = lines.split("\n")[:-1]  # other ends of lines may stand within a string
        if len(given) > len(self.assertions):
            return None
        for number, assertion in enumerate(self.assertions):
            if number >= len(given):
                return "", ""
            try:
                said = json.loads(given[number])
                if "error" in said:
                    limit = said["limit"] if said["limit"] in LIMITS else "runtime_error"
                    return limit, str(said["error"])
                if not assertion.holds(decode(said["value"])):
                    return "wrong_answer", raised(AssertionError(*assertion.message))
            except Exception:  # a program may have written anything there
                return None
        return "passed", ""


@lru_cache(maxsize=256)
def asserted(script: str, entry_point: str) -> Asserted | None:
    """What a script asserts, where it does nothing else."""
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
    if name in taken or (hasattr(builtins, name) and name != entry_point):
        return None
    return Asserted(name, found.assertions)


@dataclass
class _Script:
    """What is read of a script. All that is no assertion raises `ValueError`.

    `own` are names that it defines, `names` those of functions that it calls or hands on.
    """

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
                    self._call(tests[name], [_name(one) for one in args])
                case _:
                    self._add(line, {})
        if any(one in tests for test in tests.values() for one in _parameters(test)):
            raise ValueError("a test is a parameter")
        for name in [name for name in tests if name not in ran]:
            if not ran_alone or not (name == "check" or name.startswith("test")):
                raise ValueError(f"{name} is not called")
            self._call(tests[name], [self.entry_point] if name == "check" else [])

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


def _name(given: ast.expr) -> str:
    if not isinstance(given, ast.Name):
        raise ValueError(f"{ast.unparse(given)} is no name")
    return given.id


def _text(message: ast.expr) -> str:
    if not isinstance(message, ast.Constant) or not isinstance(message.value, str):
        raise ValueError(f"{ast.unparse(message)} is no text")
    return message.value


def _is(wanted: bool) -> Callable[[object], bool]:
    """Whether a value is true, or is not. Of an object only the program knows that."""

    def holds(found: object) -> bool:
        if found is not None and not isinstance(found, bool):
            raise ValueError("it may have a class of its own")
        return bool(found) is wanted

    return holds


def _asserts(line: ast.stmt) -> Iterator[tuple[str, Assertion]]:
    match line:
        case ast.Expr(value=ast.Constant()) | ast.Assert(test=ast.Constant(value=True)):
            return
        case ast.Assert(test=ast.Compare(left=call, ops=[ast.Eq()], comparators=[value])):
            holds: Callable[[object], bool] = partial(operator.eq, ast.literal_eval(value))
        case ast.Assert(
            test=ast.Compare(
                left=call,
                ops=[ast.Is()],
                comparators=[ast.Constant(value=None | True | False as it)],
            )
        ):
            holds = partial(operator.is_, it)
        case ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=call)):
            holds = _is(False)
        case ast.Assert(test=call):
            holds = _is(True)
        case _:
            raise ValueError(f"{ast.unparse(line)} is no assertion")
    if not isinstance(call, ast.Call) or call.keywords:
        raise ValueError(f"{ast.unparse(call)} is no call")
    message: tuple[str, ...] = ()
    if line.msg is not None:
        message = (_text(line.msg),)
    yield _name(call.func), Assertion(tuple(map(ast.literal_eval, call.args)), holds, message)
