"""One command line that installs all of several things that are missing."""

import os
import shutil
from collections.abc import Iterable

_APT, _NPM, _PIP = "apt-get install ", "npm install -g ", "pip install "


def combined_command(commands: Iterable[str]) -> str:
    """The commands as one, which can be pasted: apt's packages together, npm's and pip's."""
    given = list(commands)
    apt, npm, pip = (
        list(dict.fromkeys(word for one in given if one.startswith(tool) for word in _words(one)))
        for tool in (_APT, _NPM, _PIP)
    )
    if npm and shutil.which("npm") is None:
        apt = list(dict.fromkeys([*apt, "npm"]))
    root = "" if os.geteuid() == 0 else "sudo "
    steps = []
    if apt:
        steps.append(f"{root}apt-get update && {root}{_APT}-y {' '.join(apt)}")
    if npm:
        steps.append(f"{root}{_NPM}{' '.join(npm)}")
    if pip:
        steps.append(f"{_PIP}{' '.join(pip)}")
    return " && ".join(steps)


def _words(command: str) -> Iterable[str]:
    return (word for word in command.split()[2:] if word != "-g")
