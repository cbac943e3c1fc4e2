"""ruff, for Python: undefined names, unused imports, likely bugs (E9, F, B, PLE)."""

import re
import shutil
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import tool_output
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.lint.tool import RawFinding, Tool, ToolOutput
from sodakd.types import Language, Severity

_ERRORS = re.compile(r"invalid-syntax|E9\d\d|F(?:50[1-9]|63[134]|7\d\d|82[123])|PLE\d+")
"""Rules whose finding is a fault wherever it stands: no program, an undefined name, a wrong format,
an `assert` or a comparison that is always true."""

_LINE = re.compile(r"(\w+\.py):(\d+):\d+: (\S+) (?:\[\*\] )?(.*)")


def find() -> Toolchain:
    """The executable of the package `ruff`, or one on the path."""
    own = Path(sysconfig.get_path("scripts")) / "ruff"
    place = str(own) if own.exists() else shutil.which("ruff")
    if place is None:
        raise JudgeError("ruff is not installed")
    place = str(Path(place).resolve())
    version = tool_output(place, "--version").split()[-1]
    return Toolchain({"ruff": place}, (place,), {"ruff": version})


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    return (
        tools["ruff"], "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
        "--select=E9,F,B,PLE", "--target-version=py311", "--output-format=concise",
    )  # fmt: skip


def _read(said: ToolOutput) -> Iterator[RawFinding]:
    for line in said.out.splitlines():
        if found := _LINE.fullmatch(line):
            file, number, rule, message = found.groups()
            rule = rule.removesuffix(":")
            severity = Severity.ERROR if _ERRORS.fullmatch(rule) else Severity.WARNING
            yield RawFinding(file, int(number), rule, message, severity)


RUFF = Tool(
    name="ruff",
    languages=frozenset({Language.PYTHON}),
    install="pip install 'sodakd[lint]'",
    find=find,
    command=_command,
    read=_read,
    environment={"RAYON_NUM_THREADS": "1"},
)
