"""oxlint, for JavaScript and TypeScript: code that is wrong or useless, undefined names."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from sodakd.errors import JudgeError
from sodakd.judge.languages.javascript import node_modules
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.lint.tool import RawFinding, Tool, ToolOutput
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.types import Language, Severity

_CONFIG = "oxlint.json"
_FAULTS = (
    "no-undef", "no-const-assign", "no-dupe-keys", "no-dupe-class-members", "no-func-assign",
    "no-class-assign", "no-import-assign", "no-obj-calls", "no-invalid-regexp", "use-isnan",
    "valid-typeof", "no-unsafe-finally", "no-this-before-super", "constructor-super",
    "getter-return", "no-setter-return",
)  # fmt: skip
"""Rules whose finding is a fault wherever it stands."""

_TYPED_OFF = ("no-undef", "no-dupe-class-members", "no-redeclare")
"""Of TypeScript its compiler says these, by the verdict: types and overloads are names too."""

_SETTINGS = {
    "plugins": ["eslint", "oxc", "unicorn", "typescript"],
    "categories": {"correctness": "warn"},
    "env": {"builtin": True, "es2024": True, "node": True, "browser": True, "jquery": True},
    "rules": {
        **dict.fromkeys(_FAULTS, "error"),
        "no-unused-vars": ["warn", {"args": "none", "caughtErrors": "none"}],
    },
    "overrides": [{"files": ["*.ts"], "rules": dict.fromkeys(_TYPED_OFF, "off")}],
}

_OFF = re.compile(r"(eslint|oxlint)-(?=disable|enable)")
_LINE = re.compile(r"(\w+\.[jt]s):(\d+):(\d+): (.*) \[(Error|Warning)(?:/([^\]]*))?\]")
_RULE = re.compile(r"[\w@/-]+\(([\w/-]+)\)")


def find() -> Toolchain:
    """The package `oxlint` of npm, and node."""
    node = toolchain(Language.JAVASCRIPT)
    if isinstance(node, MissingToolchain):
        raise JudgeError(f"oxlint needs node: {node.reason}")
    folder = node_modules("oxlint/bin/oxlint")
    if folder is None:
        raise JudgeError("oxlint is not installed")
    package = json.loads((folder / "oxlint" / "package.json").read_text(encoding="utf-8"))
    paths = {"node": node.tools["node"], "oxlint": str(folder / "oxlint" / "bin" / "oxlint")}
    return Toolchain(paths, (*node.places, str(folder)), {"oxlint": str(package["version"])})


def _form(code: str) -> str:
    """A program cannot turn the tool off: its orders to do so are no orders."""
    return _OFF.sub(r"\1_", code)


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    return (
        tools["node"], "--no-warnings", tools["oxlint"],
        "--config", _CONFIG, "--format=unix", "--disable-nested-config", "--no-ignore",
        "--threads=1",
    )  # fmt: skip


def _read(said: ToolOutput) -> Iterator[RawFinding]:
    lines = {name: text.splitlines() for name, text in said.texts.items()}
    for found in filter(None, map(_LINE.fullmatch, said.out.splitlines())):
        file, number, _, message, level, where = found.groups()
        named = _RULE.fullmatch(where or "")
        rule = named[1] if named else "syntax"
        if rule == "no-unused-vars" and _outermost(lines.get(file, []), int(number)):
            continue
        severity = Severity.ERROR if level == "Error" else Severity.WARNING
        yield RawFinding(file, int(number), rule, message, severity)


def _outermost(lines: Sequence[str], number: int) -> bool:
    """Whether a name belongs to the whole file: who calls the program uses it."""
    return 0 < number <= len(lines) and not lines[number - 1][:1].isspace()


OXLINT = Tool(
    name="oxlint",
    languages=frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT}),
    install="npm install -g oxlint",
    find=find,
    command=_command,
    read=_read,
    form=_form,
    files={_CONFIG: json.dumps(_SETTINGS)},
    seconds=5.0,
)
