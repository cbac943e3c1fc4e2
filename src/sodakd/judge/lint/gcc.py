"""gcc and g++ -Wall -Wextra, for C and C++: what the compiler warns of."""

import re
from collections.abc import Callable, Iterator, Sequence

from sodakd.judge.languages import c, c_with_tests, literals
from sodakd.judge.lint.compilers import finder
from sodakd.judge.lint.prepare_c import plain
from sodakd.judge.lint.tool import (
    Call,
    InstalledTool,
    Prepared,
    RawFinding,
    Source,
    Tool,
    ToolOutput,
    texts,
)
from sodakd.judge.program import Program
from sodakd.judge.toolchains import INSTALL
from sodakd.types import CallTests, Language, Severity

_LINE = re.compile(r"(\w+\.c(?:pp)?):(\d+):(?:\d+:)? (fatal error|error|warning): (.*)")
_FLAG = re.compile(r"(.*?) \[-W(?:error=)?([\w+=-]+)\]")
_WARNINGS = (
    "-S", "-Wall", "-Wextra", "-Wno-sign-compare", "-Wno-unused-parameter",
    "-fdiagnostics-plain-output", "-fmax-errors=20",
)  # fmt: skip
"""Down to assembly: a function that ends without a value is found on the way (`-fsyntax-only` ends
before that). `sign-compare` warns of every loop up to `size()`; parameters are named by the
question."""

_ENDED = (
    r"^(?:\S*/)?(?:(?:gcc|g\+\+)[\w.-]*: (?:fatal|internal compiler) error"
    r"|cc1(?:plus)?: out of memory)"
)
"""Where the driver ends, and leaves the other programs; and where a compiler does without a word
on a program."""

_OPTIONS = {Language.C: ("-std=gnu17",), Language.CPP: ("-std=gnu++20", "-O1", "-fPIE")}
"""C as programs are compiled, or the precompiled headers do not fit; C++ as the newest that they
may be written in."""


def _form(program: Program) -> Prepared:
    """As it is compiled: the script after it, with assertions that are assertions."""
    form = plain(program)
    if isinstance(program.tests, CallTests):
        return form
    return Prepared(
        f"{form.text}{literals.CLOSED}{c_with_tests.AFTER}{program.tests.script}", followed=True
    )


def _call(name: str) -> Callable[[InstalledTool, Sequence[Source]], Call]:
    def call(installed: InstalledTool, sources: Sequence[Source]) -> Call:
        """Programs that begin with the same precompiled header are compiled by one command."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for source in sources:
            groups.setdefault(_header(installed, source), []).append(source.name)
        language = sources[0].program.language
        commands = [
            (installed.paths[name], *_OPTIONS[language], *_WARNINGS, *header, *names)
            for header, names in groups.items()
        ]
        return Call(seconds=10, files=texts(sources), commands=tuple(commands), broken=_ENDED)

    return call


def _header(installed: InstalledTool, source: Source) -> tuple[str, ...]:
    """The options that put a precompiled header first, where the program asks for its content."""
    program, text, folder = source.program, source.form.text, installed.inside("headers")
    called = isinstance(program.tests, CallTests)
    if program.language is Language.C:
        header = "calls.h" if called else c.precompiled(text)
        return ("-include", f"{folder}/{header}") if header else ()
    return ("-include", "bits/stdc++.h") if called else ()


def _read(_: Sequence[Source], answers: Sequence[ToolOutput]) -> Iterator[RawFinding]:
    for answer in answers:
        for line in answer.errors.splitlines():
            found = _LINE.fullmatch(line)
            if found is None:
                continue
            file, number, level, message = found.groups()
            flag = _FLAG.fullmatch(message)
            rule, message = (flag[2], flag[1]) if flag else ("error", message)
            severity = Severity.WARNING if level == "warning" else Severity.ERROR
            yield RawFinding(file, int(number), rule, message, severity)


def _tool(name: str, language: Language) -> Tool:
    return Tool(
        name=name,
        languages=frozenset({language}),
        install=INSTALL[language],
        fast=False,
        find=finder(language, name),
        form=_form,
        call=_call(name),
        read=_read,
        batch=16,
    )


GCC = _tool("gcc", Language.C)
GPP = _tool("g++", Language.CPP)
