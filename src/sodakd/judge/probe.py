"""What this machine gives the judge: isolation, languages, and what mends what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.errors import JudgeError
from sodakd.judge.judge import Judge
from sodakd.judge.lint.table import TOOLS, tools_for
from sodakd.judge.pool import Worker
from sodakd.judge.program import Program
from sodakd.judge.toolchains import INSTALL, Missing, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Case, Language, Outcome, Tests

_TESTS = Tests(entry_point="tried", cases=(Case(arguments=(), expected="held"),))
_ATTACKS: Mapping[str, str] = {
    "files": "def tried():\n    try:\n        open('/etc/shadow').read()\n"
    "    except OSError:\n        return 'held'\n",
    "writing": "def tried():\n    try:\n        open('/usr/sodakd-probe', 'w')\n"
    "    except OSError:\n        return 'held'\n",
    "environment": "import os\ndef tried():\n    return 'held' if not set(os.environ) - "
    "{'LC_CTYPE'} else ''\n",
    "processes": "import os\ndef tried():\n    seen = [*filter(str.isdigit, os.listdir('/proc'))]"
    "\n    return 'held' if len(seen) <= 2 else ''\n",
    "network": "import socket\ndef tried():\n    socket.socket()\n",
    "memory": "def tried():\n    return bytearray(2 ** 31) and ''\n",
}
_HELD: Mapping[str, Outcome] = {
    "network": Outcome.SANDBOX_VIOLATION,
    "memory": Outcome.MEMORY_LIMIT,
}


@dataclass(frozen=True)
class Probe:
    """What was found. `isolation` is empty where no sandbox can be made; `lines` say it all."""

    isolation: str
    lines: Sequence[tuple[str, str]]

    @property
    def sound(self) -> bool:
        """Whether every attack that was tried was held."""
        return bool(self.isolation) and not any(text.startswith("NOT") for _, text in self.lines)


def probe() -> Probe:
    """Try the walls with real attacks, and every language with its tools."""
    try:
        worker = Worker(0, 256 * 2**20, 64, ())
        try:
            worker.start()
            group = worker.cgroup
        finally:
            worker.close()
        isolation = "user namespaces, a filter of system calls, limits"
        if group is not None:
            isolation += f", control groups v{group.version}"
        lines = [("isolation", isolation), *_attacked()]
    except JudgeError as error:
        isolation = ""
        lines = [("isolation", f"NOT possible: {error}")]
    return Probe(isolation, [*lines, *languages(), *static_tools()])


def languages() -> list[tuple[str, str]]:
    """Each language and its tools, or what it lacks and the command that mends it."""
    lines = []
    for language in Language:
        found = toolchain(language)
        if isinstance(found, Missing):
            lines.append((language.value, f"missing: {found.lacks}; {found.command}"))
        else:
            versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
            lines.append((language.value, versions))
    return lines


def static_tools() -> list[tuple[str, str]]:
    """Each static tool with its version, or the command that brings it."""
    found = tools_for(Language, full=True)
    lines = {tool: f"{tool.name} {found.installed[tool].version}" for tool in found.installed}
    lines |= {tool: f"missing: {why}" for tool, why in found.missing.items()}
    return [("lint", lines[tool]) for tool in TOOLS]


def install_help() -> str:
    """The commands that install every toolchain, and the static tools."""
    names = [*Language, *(tool.name for tool in TOOLS)]
    width = max(map(len, names))
    lines = [f"  {language.value:<{width}}  {INSTALL[language]}" for language in Language]
    tools = [f"  {tool.name:<{width}}  {tool.install}" for tool in TOOLS]
    return "\n".join(
        [
            "What each language needs (Debian, PyPI, npm):",
            *lines,
            "What each static tool comes with:",
            *tools,
        ]
    )


def _attacked() -> list[tuple[str, str]]:
    lines = []
    with Judge(JudgeSettings(memory_mb=256), workers=1) as judge:
        for name, code in _ATTACKS.items():
            verdict = judge.one(Program(code, Language.PYTHON, _TESTS))
            held = verdict.outcome is _HELD.get(name, Outcome.PASSED)
            lines.append(
                (name, "held" if held else f"NOT held: {verdict.outcome} {verdict.output}")
            )
    return lines
