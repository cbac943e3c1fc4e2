"""The table of static tools, and which of them this machine has for a language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sodakd.errors import JudgeError
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.lint.cppcheck import CPPCHECK
from sodakd.judge.lint.oxlint import OXLINT
from sodakd.judge.lint.ruff import RUFF
from sodakd.judge.lint.tool import Tool
from sodakd.types import Language

TOOLS = (RUFF, OXLINT, CPPCHECK)


@cache
def found_tool(tool: Tool) -> Toolchain:
    """A tool of this machine, looked for once. Raises `JudgeError`."""
    return tool.find()


@dataclass(frozen=True)
class Tools:
    """Static tools of this machine, and why others are not."""

    installed: Mapping[Tool, Toolchain]
    missing: Mapping[Tool, str]


def tools_for(languages: Iterable[Language]) -> Tools:
    """The tools for these languages."""
    wanted = frozenset(languages)
    installed, missing = {}, {}
    for tool in TOOLS:
        if tool.languages & wanted:
            try:
                installed[tool] = found_tool(tool)
            except (JudgeError, OSError) as error:
                missing[tool] = f"{tool.name}: {error}; {tool.install}"
    return Tools(installed, missing)


def tool_versions(languages: Iterable[Language]) -> Mapping[str, str]:
    """The versions of the tools for these languages, by tool."""
    found = tools_for(languages).installed
    return {name: version for one in found.values() for name, version in one.versions.items()}
