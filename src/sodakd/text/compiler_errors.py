"""Whose failure a compiler's errors are: the program's, or that of the tests below it.

All errors must lie in the tests, and the program be whole: what it leaves open, a compiler finds
missing in the tests. Nothing but the standard library is imported here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Joined:
    """A program with the script of tests that stands below it."""

    language: str
    code: str
    entry_point: str
    script: str


_WORD = re.compile(r"(?!\d)[\w$]++")


def is_of_tests(name: str, code: str, entry_point: str) -> bool:
    """Whether tests that use a name have to define it, not their program.

    A program has kept its side where it defines the entry point. Another name, which it never
    mentions, is the tests' own to define; but a type, which begins with a capital, may well be the
    program's.
    """
    own, asked = set(_WORD.findall(code)), _WORD.findall(entry_point)
    kept = bool(asked) and asked[-1] in own
    return kept and not name[0].isupper() and name not in own.union(asked)


def fault_of_tests(joined: Joined, said: str) -> str:
    """Why the tests cannot be put to any program, by a compiler's words; or ""."""
    compiler = _COMPILERS.get(joined.language)
    if compiler is None:
        return ""
    found = list(compiler.begin.finditer(said))
    ends = [*(one.start() for one in found), len(said)][1:]
    errors = [
        _Error(int(one["line"] or 0), said[one.end() : end])
        for one, end in zip(found, ends, strict=True)
    ]
    if name := _undefined(joined, compiler, errors):
        return UNDEFINED.format(name=name)
    if text := _unread(joined, compiler, errors):
        return UNREAD.format(name=text)
    return ""


def _undefined(joined: Joined, compiler: _Errors, errors: Sequence[_Error]) -> str:
    """The name for which all errors are, where it is the tests' own to define; or ""."""
    matched = [compiler.undefined.match(one.text) for one in errors]
    names = ["".join(filter(None, one.groups())) if one else "" for one in matched]
    bare = all(name and re.search(rf"(?<![\w.:>]){name}\b", joined.script) for name in names)
    own = bare and all(is_of_tests(name, joined.code, joined.entry_point) for name in names)
    return names[0] if names and own else ""


def _unread(joined: Joined, compiler: _Errors, errors: Sequence[_Error]) -> str:
    """The first error, where it makes the tests unreadable and all errors lie in them; or ""."""
    before = joined.code.count("\n") + 1
    if not errors or not compiler.unread.match(errors[0].head) or not _whole(joined):
        return ""
    if not all(one.line > before or _imported(one, joined) for one in errors):
        return ""
    line = errors[0].line - before
    return f"line {line}: {errors[0].head}" if line > 0 else errors[0].head


def _imported(error: _Error, joined: Joined) -> bool:
    """Whether it is about a package that the tests alone import, wherever the judge put that."""
    found = re.match(r"\"[^\"]+\"(?= imported )", error.text)
    return found is not None and found[0] in joined.script and found[0] not in joined.code


def _whole(joined: Joined) -> bool:
    """Whether a program ends as one does, and leaves nothing open."""
    code = lexed(joined.code, joined.language)
    kept = code.text.rstrip().endswith(("}", ";")) and not code.early
    return kept and all(one.closed and one.kind is not Kind.STRAY for one in code.tokens)
