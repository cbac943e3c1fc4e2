"""The steps of gcc and g++, to be started without their driver: compiler, assembler, linker.

The driver, `collect2` and the plugin for link-time optimization take a fifth of the time of a small
program. What they would start, gcc says itself (`-###`).
"""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.building import run
from sodakd.judge.languages.c import FINISH

_SAMPLE = "#include <math.h>\nint main(int n, char **a) { return sqrt(n) != 1; }\n"


def gcc_steps(
    compiler: str, flags: Sequence[str], source: str, gold: str | None
) -> Mapping[str, str]:
    """The commands `compile`, `assemble` and `link`, quoted as for a shell.

    None where they do not do what the compiler does. The files are `source`, `program.s`,
    `program.o`, `FINISH` and `program`.
    """
    asked = (compiler, "-###", *flags, "-fno-use-linker-plugin", "-o", "program", source, FINISH)
    said = subprocess.run(
        [*asked, "-lm"], capture_output=True, text=True, timeout=60, check=False
    ).stderr
    lines = [shlex.split(line) for line in said.splitlines() if line.startswith(" ")]
    linker = gold or shutil.which("ld.bfd") or shutil.which("ld")
    if len(lines) != 3 or linker is None:
        return {}
    steps = [[_named(part) for part in line] for line in lines]
    steps[2][0] = linker
    if not _works(steps, source):
        return {}
    return dict(zip(("compile", "assemble", "link"), map(shlex.join, steps), strict=True))


_TEMPORARY = re.compile(r".*/cc\w+\.([so])")


def _named(part: str) -> str:
    found = _TEMPORARY.fullmatch(part)
    return f"program.{found[1]}" if found else part


def _works(steps: list[list[str]], source: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, source).write_text(_SAMPLE)
        try:
            for step in steps:
                step[0] = shutil.which(step[0]) or step[0]
                run(*(part for part in step if part != FINISH), folder=Path(folder))
            run(f"{folder}/program", folder=Path(folder))
        except (JudgeError, OSError):
            return False
    return True
