"""Names that tests use and nobody defines: their failure says nothing about the program.

A program has kept its side where it defines the entry point. Another name, which it never mentions,
is the tests' own to define; but a type, which begins with a capital, may well be the program's.
Nothing but the standard library is imported here.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process of a Python program, which is kept small, imports this too
    from sodakd.judge.sandbox.task import Task

_WORD = re.compile(r"[^\W\d]\w*+")
_NATIVE = re.compile(
    r"\berror: (?!ld returned)"
    r"(?:undefined reference to .(\w++)|.(\w++). (?:undeclared|was not declared in this scope))?"
)
_ERRORS: Mapping[str, re.Pattern[str]] = {
    "c": _NATIVE,
    "cpp": _NATIVE,
    "java": re.compile(r": error: (?:cannot find symbol\n(?:.*\n){1,3}? *symbol: +\w+ (\w++))?"),
    "go": re.compile(r"^\S+\.go:\d+:\d+: (?:undefined: (\w++)$)?", re.MULTILINE),
    "typescript": re.compile(r"\berror TS\d+: (?:Cannot find name '(\w++)')?"),
}
"""Each error that a compiler names, with the name that it does not know, where that is it."""


def undefined_in_tests(task: "Task", said: str) -> str:
    """The name for which a compiler refused a program's tests, and them alone; or ""."""
    if task.script is None or task.language not in _ERRORS:
        return ""
    errors = [
        "".join(filter(None, found.groups())) for found in _ERRORS[task.language].finditer(said)
    ]
    bare = all(name and re.search(rf"(?<![\w.:>]){name}\b", task.script) for name in errors)
    own = bare and all(is_of_tests(name, task.code, task.entry_point) for name in errors)
    return errors[0] if errors and own else ""


def is_of_tests(name: str, code: str, entry_point: str) -> bool:
    """Whether tests that use a name have to define it, not their program."""
    own, asked = set(_WORD.findall(code)), _WORD.findall(entry_point)
    kept = bool(asked) and asked[-1] in own
    return kept and not name[0].isupper() and name not in own.union(asked)
