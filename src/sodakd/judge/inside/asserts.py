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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from sodakd.judge.inside.plain import decode
from sodakd.judge.inside.said import LIMITS, UNREAD, raised

_LONGEST = 65536
"""Characters that are read here of a script, and of what a program gave: numbers that meet in a
hash table, or a tower of brackets, take their time in a process that has a limit."""


@dataclass(frozen=True)
class Assertion:
    """`assert f(*arguments) == expected, *message`; `holds` tells it of what the call gave."""

    arguments: tuple[object, ...]
    holds: Callable[[object], bool]
    message: tuple[object, ...]


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
            calls = _calls(ast.parse(script).body, entry_point)
        (name,) = {name for name, _ in calls}
    except (*UNREAD, TypeError):
        return None
    if hasattr(builtins, name) and name != entry_point:
        return None
    return Asserted(name, [assertion for _, assertion in calls])


_Calls = list[tuple[str, Assertion]]
"""What is asserted, and of which function. All else in a script raises `ValueError`."""


def _calls(body: Iterable[ast.stmt], entry_point: str) -> _Calls:
    own: dict[str, tuple[list[str], _Calls]] = {}
    ran: set[str] = set()
    calls: _Calls = []
    for line in body:
        match line:
            case ast.Assign(targets=[ast.Name(id="METADATA")], value=value):
                ast.literal_eval(value)
            case ast.FunctionDef(name=name, args=given, decorator_list=[]) if name not in own:
                asserts = [call for inner in line.body for call in _asserts(inner)]
                own[name] = (_parameters(given), asserts)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=args, keywords=[])) if (
                name in own
            ):
                ran.add(name)
                calls += _named(*own[name], [_name(one) for one in args])
            case _:
                calls += _asserts(line)
    for name in [name for name in own if name not in ran]:  # who runs tests calls these
        if not (name.startswith("test") or (name == "check" and entry_point)):
            raise ValueError(f"{name} is not called")
        calls += _named(*own[name], [entry_point] if name == "check" else [])
    if any(name in own for name, _ in calls):
        raise ValueError("what is called is not the program's")
    return calls


def _parameters(given: ast.arguments) -> list[str]:
    if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or given.defaults:
        raise ValueError(f"({ast.unparse(given)}) are not as a test's")
    return [one.arg for one in given.args]


def _named(parameters: Sequence[str], calls: _Calls, given: Sequence[str]) -> _Calls:
    """What a function asserts that is called with these."""
    names = dict(zip(parameters, given, strict=True))
    return [(names.get(name, name), assertion) for name, assertion in calls]


def _name(given: ast.expr) -> str:
    if not isinstance(given, ast.Name):
        raise ValueError(f"{ast.unparse(given)} is no name")
    return given.id


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
            holds = operator.not_
        case ast.Assert(test=call):
            holds = operator.truth
        case _:
            raise ValueError(f"{ast.unparse(line)} is no assertion")
    if not isinstance(call, ast.Call) or call.keywords:
        raise ValueError(f"{ast.unparse(call)} is no call")
    message = () if line.msg is None else (ast.literal_eval(line.msg),)
    yield _name(call.func), Assertion(tuple(map(ast.literal_eval, call.args)), holds, message)
