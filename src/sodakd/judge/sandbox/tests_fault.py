"""Whose failure a compiler's errors are: the program's, or that of the tests below it.

All errors must lie in the tests, and the program be whole: what it leaves open, a compiler finds
missing in the tests.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.judge.sandbox.task import Task
from sodakd.judge.sandbox.undefined import is_of_tests
from sodakd.text.lexer import Kind, lexed

MISSING = "the tests cannot run here: {name} is missing"
"""What is said where the tests need what the machine has not: the program is not to blame."""
UNDEFINED = "the tests cannot run here: they use {name}, and nobody defines it"
UNREAD = "the tests cannot be read: {name}"


@dataclass(frozen=True)
class _Errors:
    """How a compiler says its errors: what each begins with, and its `line`, where it has one.

    `undefined` matches one for a name that it does not know, `unread` one of the grammar, for which
    it does not matter what the program declares.
    """

    begin: re.Pattern[str]
    undefined: re.Pattern[str]
    unread: re.Pattern[str]


def _errors(begin: str, undefined: str, unread: str) -> _Errors:
    return _Errors(re.compile(begin, re.MULTILINE), re.compile(undefined), re.compile(unread))


_NATIVE = _errors(
    r"^(?:program\.c(?:pp)?:(?P<line>\d+):\d+: )?.*?\berror: (?!ld returned)",
    r"undefined reference to .(\w++)|.(\w++). (?:undeclared|was not declared in this scope)",
    r"(?:expected (?!class-name|type-|template-|nested-|initializer)|stray |missing term|unterm)",
)
_COMPILERS: Mapping[str, _Errors] = {
    "c": _NATIVE,
    "cpp": _NATIVE,
    "java": _errors(
        r"^(?:[\w$]+\.java:(?P<line>\d+): )?error: ",
        r"cannot find symbol\n(?:.*\n){1,3}? *symbol: +\w+ (\w++)",
        r".* expected$|.* without |not a statement|illegal (?:start|character|text block)"
        r"|reached end of file|un(?:closed|named)|class, interface|invalid method decl",
    ),
    "go": _errors(
        r"^\S+\.go:(?P<line>\d+):\d+: ",
        r"undefined: (\w++)(?:\n|\Z)",
        r"syntax error: |(?:\w+ )?declared and not used"
        r"|\"[^\"]+\" imported (?:as \w+ )?and not used",
    ),
    "typescript": _errors(
        r"^(?:program\.ts\((?P<line>\d+),\d+\): )?error TS(?=\d+: )",
        r"\d+: Cannot find name '(\w++)'",
        r"1(?:0\d\d|1[0-8]\d|43\d|472): ",
    ),
}


@dataclass(frozen=True)
class _Error:
    """One error: its line, or 0, and its text with all that stands below it."""

    line: int
    text: str

    @property
    def head(self) -> str:
        """The first line of its text."""
        return self.text.partition("\n")[0]


def fault_of_tests(task: Task, said: str, lacking: str = "") -> str:
    """Why the tests of a task cannot be put to any program, by a compiler's words; or "".

    `lacking` is what they need and the machine has not.
    """
    if lacking:
        return MISSING.format(name=lacking)
    compiler = _COMPILERS.get(task.language)
    if task.script is None or compiler is None:
        return ""
    found = list(compiler.begin.finditer(said))
    ends = [*(one.start() for one in found), len(said)][1:]
    errors = [
        _Error(int(one["line"] or 0), said[one.end() : end])
        for one, end in zip(found, ends, strict=True)
    ]
    if name := _undefined(task, task.script, compiler, errors):
        return UNDEFINED.format(name=name)
    if text := _unread(task, task.script, compiler, errors):
        return UNREAD.format(name=text)
    return ""


def _undefined(task: Task, script: str, compiler: _Errors, errors: Sequence[_Error]) -> str:
    """The name for which all errors are, where it is the tests' own to define; or ""."""
    matched = [compiler.undefined.match(one.text) for one in errors]
    names = ["".join(filter(None, one.groups())) if one else "" for one in matched]
    bare = all(name and re.search(rf"(?<![\w.:>]){name}\b", script) for name in names)
    own = bare and all(is_of_tests(name, task.code, task.entry_point) for name in names)
    return names[0] if names and own else ""


def _unread(task: Task, script: str, compiler: _Errors, errors: Sequence[_Error]) -> str:
    """The first error, where it makes the tests unreadable and all errors lie in them; or ""."""
    before = task.code.count("\n") + 1
    if not errors or not compiler.unread.match(errors[0].head) or not _whole(task):
        return ""
    if not all(one.line > before or _imported(one, script, task.code) for one in errors):
        return ""
    line = errors[0].line - before
    return f"line {line}: {errors[0].head}" if line > 0 else errors[0].head


def _imported(error: _Error, script: str, code: str) -> bool:
    """Whether it is about a package that the tests alone import, wherever the judge put that."""
    found = re.match(r"\"[^\"]+\"(?= imported )", error.text)
    return found is not None and found[0] in script and found[0] not in code


def _whole(task: Task) -> bool:
    """Whether a program ends as one does, and leaves nothing open."""
    code = lexed(task.code, task.language)
    kept = code.text.rstrip().endswith(("}", ";")) and not code.early
    return kept and all(one.closed and one.kind is not Kind.STRAY for one in code.tokens)
