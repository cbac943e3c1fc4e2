"""The compilers and runtimes of this machine, by language; what of ours they need is built once.

What is built here is our own code and the standard libraries alone; programs are built in the box.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.languages.spec import Toolchain, language_spec
from sodakd.types import Language


@dataclass(frozen=True)
class MissingToolchain:
    """A language that cannot be judged here: what it lacks, and the one command that mends it."""

    reason: str
    command: str


@lru_cache
def toolchain(language: Language) -> Toolchain | MissingToolchain:
    """The toolchain of a language, built up where something of ours is missing."""
    spec = language_spec(language)
    try:
        return spec.toolchain()
    except (JudgeError, OSError, subprocess.SubprocessError) as error:
        return MissingToolchain(str(error), spec.install)


def require_toolchain(language: Language) -> Toolchain:
    """The toolchain of a language. Raises `JudgeError`, which says what mends it."""
    tools = toolchain(language)
    if isinstance(tools, MissingToolchain):
        raise JudgeError(f"{language} cannot be judged here: {tools.reason}; {tools.command}")
    return tools


def versions(languages: Iterable[Language]) -> Mapping[str, str]:
    """The versions of the tools that judge these languages, by tool; none of a missing one."""
    tools = [toolchain(language) for language in languages]
    return {
        name: version
        for one in tools
        if isinstance(one, Toolchain)
        for name, version in one.versions.items()
    }


def interpreter() -> Path:
    """The real Python: no shim, no link of a virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()
