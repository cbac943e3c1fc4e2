"""What static tools cost by the judge, beside the plain tools, on programs that a model wrote.

    python benchmarks/lint.py FOLDER [LANGUAGE ...] [--count 96] [--repeat 3]

FOLDER holds `LANGUAGE.jsonl` with rows `id, program`. One core, contenders alternate block by
block, medians over blocks. `batch` is `Judge.lint` on a block, in the sandbox; `single` the same
with a program at a time; `plain` calls each tool once for each program, with the same options and
no sandbox. A row says how many milliseconds a program takes by the clock, and both ratios to
`plain`. `CPU` is the processor time of a program in a batch, the judge's own included: it says
nearly the same on a busy machine.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from sodakd.judge import Judge, Program
from sodakd.judge.languages.spec import Toolchain, language_spec
from sodakd.judge.lint.registry import tools_for
from sodakd.judge.lint.tool import Tool
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, TestScript

FILES = {
    "python": Language.PYTHON,
    "js": Language.JAVASCRIPT,
    "ts": Language.TYPESCRIPT,
    "c": Language.C,
    "cpp": Language.CPP,
    "java": Language.JAVA,
    "go": Language.GO,
}
BLOCK = 48
SCRIPT = TestScript(script="\n")


def plain(tool: Tool, installed: Toolchain, program: Program, folder: Path) -> None:
    """Call a tool on one program, as one would by hand."""
    own = f"p0.{language_spec(program.language).suffix}"
    for name, text in {own: tool.form(program.code), **tool.files}.items():
        (folder / name).write_text(text)
    command = (*tool.command(installed.tools), own)
    subprocess.run(command, cwd=folder, capture_output=True, check=False)


def cpu_seconds() -> float:
    """Processor time of this process, of its descendants, and of those that have ended."""
    total = 0.0
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def measure(name: str, rows: Sequence[dict[str, str]], repeat: int) -> str:
    """One line of the table."""
    language = FILES[name]
    tools = tools_for([language]).installed
    batch: list[float] = []
    spent, read = 0.0, 0
    single: list[float] = []
    theirs: list[float] = []
    with Judge(JudgeSettings(), workers=1) as judge:
        for warm in range(8):  # the worker is up, and compilers that are kept running are warm
            judge.lint([Program(rows[warm % len(rows)]["program"] + " " * 9, language, SCRIPT)])
        for again in range(repeat):
            for start in range(0, len(rows), BLOCK):
                # What was read once is known: a program of another round is another text.
                programs = [
                    Program(row["program"] + "\n" * again, language, SCRIPT)
                    for row in rows[start : start + BLOCK]
                ]
                used, begun = cpu_seconds(), time.perf_counter()
                judge.lint(programs)
                batch.append((time.perf_counter() - begun) / len(programs))
                spent, read = spent + cpu_seconds() - used, read + len(programs)
                some = programs[:8]
                begun = time.perf_counter()
                for program in some:
                    judge.lint([replace(program, code=f"{program.code} ")])
                single.append((time.perf_counter() - begun) / len(some))
                begun = time.perf_counter()
                for program in some:
                    for tool, installed in tools.items():
                        with tempfile.TemporaryDirectory() as folder:
                            plain(tool, installed, program, Path(folder))
                theirs.append((time.perf_counter() - begun) / len(some))
    mine, one, other = (1000 * statistics.median(times) for times in (batch, single, theirs))
    names = ", ".join(tool.name for tool in tools)
    return (
        f"{name:<8} {mine:8.2f} {1000 * spent / read:8.2f} {one:8.1f} {other:8.1f}"
        f" {other / mine:7.1f}x {other / one:7.1f}x"
        f"   {names}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("languages", nargs="*", default=list(FILES))
    parser.add_argument("--count", type=int, default=96)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_intermixed_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ |= {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    print(
        f"{'language':<8} {'batch':>8} {'CPU':>8} {'single':>8} {'plain':>8} {'ratios':>17}   tools"
    )
    for name in given.languages:
        lines = (given.folder / f"{name}.jsonl").read_text().splitlines()[: given.count]
        rows = [json.loads(line) for line in lines]
        print(measure(name, rows, given.repeat), flush=True)


if __name__ == "__main__":
    main()
