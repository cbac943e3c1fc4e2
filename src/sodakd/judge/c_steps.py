"""The steps of gcc, to be started without its driver: compiler, assembler, linker.

The driver, `collect2` and the plugin for link-time optimization take a fifth of the time of a small
program. What they would start, gcc says itself (`-###`).
"""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.building import built, run
from sodakd.judge.languages.c import FINISH, FLAGS, HEADER, HEADERS, HEADERS_OF_CALLS

_SAMPLE = "#include <math.h>\nint main(int n, char **a) { return sqrt(n) != 1; }\n"


def c_steps(gcc: str, gold: str | None) -> Mapping[str, str]:
    """The three commands, quoted as for a shell; none where they do not do what gcc does.

    The files are `program.c`, `program.s`, `program.o`, `FINISH` and `program`.
    """
    asked = (gcc, "-###", *FLAGS, "-fno-use-linker-plugin", "-o", "program", "program.c")
    said = subprocess.run(
        [*asked, FINISH, "-lm"], capture_output=True, text=True, timeout=60, check=False
    )
    lines = [shlex.split(line) for line in said.stderr.splitlines() if line.startswith(" ")]
    if len(lines) != 3:
        return {}
    steps = [[_named(part) for part in line] for line in lines]
    linker = gold or shutil.which("ld.bfd") or shutil.which("ld")
    if linker is None:
        return {}
    steps[2][0] = linker
    names = ("c_compile", "c_assemble", "c_link")
    return dict(zip(names, map(shlex.join, steps), strict=True)) if _works(steps) else {}


_TEMPORARY = re.compile(r".*/cc\w+\.([so])")


def _named(part: str) -> str:
    found = _TEMPORARY.fullmatch(part)
    return f"program.{found[1]}" if found else part


def _works(steps: list[list[str]]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "program.c").write_text(_SAMPLE)
        try:
            for step in steps:
                step[0] = shutil.which(step[0]) or step[0]
                run(*(part for part in step if part != FINISH), folder=Path(folder))
            run(f"{folder}/program", folder=Path(folder))
        except (JudgeError, OSError):
            return False
    return True


def c_headers(gcc: str, version: str) -> Path:
    """A folder of precompiled headers, each beside its text: what programs include first."""

    def build(target: Path) -> None:
        texts = {HEADER.format(number): _included(names) for number, names in enumerate(HEADERS)}
        texts["calls.h"] = HEADERS_OF_CALLS
        for name, text in texts.items():
            (target / name).write_text(text)
            run(gcc, *FLAGS, "-x", "c-header", name, "-o", f"{name}.gch", folder=target)

    key = f"{version} {FLAGS} {HEADERS} {HEADERS_OF_CALLS}".encode()
    return built("c", key, build)


def _included(names: tuple[str, ...]) -> str:
    return "".join(f"#include <{name}.h>\n" for name in names)
