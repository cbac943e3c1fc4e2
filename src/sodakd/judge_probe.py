"""What this machine gives the judge: isolation, languages, and what mends what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.errors import JudgeError
from sodakd.install_command import combined_command
from sodakd.judge.judge import Judge
from sodakd.judge.languages.spec import Toolchain, language_spec
from sodakd.judge.lint.registry import TOOLS, tools_for
from sodakd.judge.program import Program
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.judge.worker_process import Worker
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, SandboxKind, TestCase

_TESTS = CallTests(entry_point="tried", cases=(TestCase(arguments=(), expected="held"),))
_ATTACKS: Mapping[str, str] = {
    "files": "def tried():\n    try:\n        open('/etc/shadow').read()\n"
    "    except OSError:\n        return 'held'\n",
    "writing": "def tried():\n    try:\n        open('/usr/sodakd-probe', 'w')\n"
    "    except OSError:\n        return 'held'\n",
    "environment": "import os\ndef tried():\n    return 'held' if not set(os.environ) - "
    "{'LC_CTYPE'} else ''\n",
    "processes": "import os\ndef tried():\n    try:\n"
    "        seen = [*filter(str.isdigit, os.listdir('/proc'))]\n"
    "    except OSError:\n        seen = []\n    return 'held' if len(seen) <= 2 else ''\n",
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
    worker = Worker(256 * 2**20, 64, ())
    try:
        try:
            worker.start()
            walls, group = worker.walls, worker.cgroup
        finally:
            worker.close()
        isolation = _STANDING[walls]
        mended = [("mended by", worker.mended_by())] if walls is not SandboxKind.NAMESPACES else []
        grouped = f"v{group.version}" if group is not None else f"none: {_NO_GROUP}"
        lines = [("isolation", isolation), *mended, ("control group", grouped), *_attacked()]
    except JudgeError as error:
        isolation = ""
        lines = [("isolation", f"NOT possible: {error}"), ("mended by", worker.mended_by())]
    return Probe(
        isolation, [*lines, *languages(), *static_tools(), *(calibrated() if isolation else ())]
    )


_STANDING: Mapping[SandboxKind, str] = {
    SandboxKind.NAMESPACES: "namespaces, a filter of system calls, limits",
    SandboxKind.LANDLOCK: "Landlock, a filter of system calls, limits: weaker than namespaces",
    SandboxKind.NONE: "",
}
_NO_GROUP = (
    "memory is counted process by process; where Linux has version 2, one can be made below a group"
    " that was given to us: systemd-run --scope -p Delegate=yes sodakd ..."
    " (a user: systemd-run --user --scope ...)"
)


def calibrated() -> list[tuple[str, str]]:
    """By how much the CPU seconds of each language are stretched here; measured where not known."""
    found = [language for language in Language if isinstance(toolchain(language), Toolchain)]
    with Judge(JudgeSettings(), workers=1) as judge:
        factors = [f"{language} x{judge.stretch(language):g}" for language in found]
    return [("CPU seconds", ", ".join(factors))]


def languages() -> list[tuple[str, str]]:
    """Each language and its tools, or what it lacks and the command that mends it."""
    lines = []
    for language in Language:
        found = toolchain(language)
        if isinstance(found, MissingToolchain):
            lines.append((language.value, f"missing: {found.reason}; {found.command}"))
        else:
            versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
            lines.append((language.value, versions))
    return lines


def static_tools() -> list[tuple[str, str]]:
    """Each static tool with its version, or the command that brings it."""
    found = tools_for(Language)
    lines = {
        tool: f"{tool.name} {found.installed[tool].versions[tool.name]}" for tool in found.installed
    }
    lines |= {tool: f"missing: {why}" for tool, why in found.missing.items()}
    return [("lint", lines[tool]) for tool in TOOLS]


def install_help() -> str:
    """One command that installs all that is missing; then what each language and tool needs."""
    toolchains = {language: toolchain(language) for language in Language}
    lacking = [one.command for one in toolchains.values() if isinstance(one, MissingToolchain)]
    lacking += [tool.install for tool in tools_for(Language).missing]
    names = [*Language, *(tool.name for tool in TOOLS)]
    width = max(map(len, names))
    lines = [
        f"  {language.value:<{width}}  {language_spec(language).install}" for language in Language
    ]
    tools = [f"  {tool.name:<{width}}  {tool.install}" for tool in TOOLS]
    command = combined_command(lacking)
    return "\n".join(
        [
            f"All that is missing here:\n  {command}" if command else "Nothing is missing here.",
            "What each language needs (Debian, PyPI, npm):",
            *lines,
            "What each static tool comes with:",
            *tools,
        ]
    )


def _attacked() -> list[tuple[str, str]]:
    lines = []
    with Judge(JudgeSettings(memory_mb=256, calibrate=False), workers=1) as judge:
        for name, code in _ATTACKS.items():
            verdict = judge.judge(Program(code, Language.PYTHON, _TESTS))
            held = verdict.outcome is _HELD.get(name, Outcome.PASSED)
            lines.append(
                (name, "held" if held else f"NOT held: {verdict.outcome} {verdict.output}")
            )
    return lines
