"""cppcheck, for C and C++: leaks, null pointers, uninitialised values, bounds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sodakd.judge.build_cache import tool_output
from sodakd.judge.build_cache import which as find_tool
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.lint.tool import RawFinding, Tool, ToolOutput
from sodakd.text.lexer import lexed
from sodakd.types import Language, Severity

_TASTE = (
    "variableScope", "constParameter", "constVariable", "useStlAlgorithm", "missingInclude",
    "missingIncludeSystem", "unmatchedSuppression", "checkersReport", "toomanyconfigs",
    "cstyleCast", "noExplicitConstructor", "assertWithSideEffect",
)  # fmt: skip
"""Rules of taste, and of a file that is part of more: not asked for."""

_UNSURE = frozenset({
    "syntaxError", "internalError", "internalAstError", "unknownMacro", "cppcheckError",
    "preprocessorErrorDirective",
})  # fmt: skip
"""What cppcheck could not read: the compiler knows better whether that is a fault."""

_LINE = re.compile(r"(\w+\.c(?:pp)?):(\d+):(\w+):(\w+):(.*)")


def find() -> Toolchain:
    """cppcheck on the path."""
    place = str(Path(find_tool("cppcheck")).resolve())
    version = tool_output(place, "--version").split()[-1]
    return Toolchain({"cppcheck": place}, (place,), {"cppcheck": version})


_ORDER = re.compile(
    r"^[ \t]*(?:\#|%:|\?\?=)[ \t]*(?:line\b|\d|pragma[ \t]+GCC[ \t]+(?:diagnostic|system_header)\b)"
    r"[^\n]*",
    re.MULTILINE,
)
"""Orders that give lines other numbers and other files, or that silence the compiler."""


def _form(code: str) -> str:
    parts, at = [], 0
    for found in _ORDER.finditer(lexed(code, "cpp").blank):
        parts.append(code[at : found.start()])
        at = found.end()
    return "".join([*parts, code[at:]])


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    return (
        tools["cppcheck"], "--quiet", "-j1", "--max-configs=2",
        "--enable=warning,style,performance,portability",
        *(f"--suppress={rule}" for rule in _TASTE),
        "--template={file}:{line}:{severity}:{id}:{message}",
    )  # fmt: skip


def _read(said: ToolOutput) -> Iterator[RawFinding]:
    for line in said.errors.splitlines():
        if found := _LINE.fullmatch(line):
            file, number, level, rule, message = found.groups()
            severe = level == "error" and rule not in _UNSURE
            severity = Severity.ERROR if severe else Severity.WARNING
            yield RawFinding(file, int(number), rule, message, severity)


CPPCHECK = Tool(
    name="cppcheck",
    languages=frozenset({Language.C, Language.CPP}),
    install="apt-get install cppcheck",
    find=find,
    command=_command,
    read=_read,
    form=_form,
    good=(0,),
    batch=64,
)
