"""What the judge costs beside the plain tools, on programs that a model wrote.

    python benchmarks/judge.py FOLDER [--count 40] [--repeat 3] [LANGUAGE ...]

FOLDER holds `LANGUAGE.jsonl` with rows `id, program`. One core, contenders alternate block by
block, medians over blocks. `plain` is what SodaCoder's runner and MultiPL-E do for each program: a
file, the compiler, the program, no isolation. A row says how many milliseconds a program takes, by
many at a time and by one, both ratios, and on how many programs both agree about a pass.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sodakd.judge import Judge, Program
from sodakd.judge.go_library import go_root
from sodakd.judge.languages.java import main_class
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
BLOCK = 24
SECONDS = 20


def plain(language: Language, code: str, folder: Path) -> bool:
    """Build and run a program with the plain tools: whether it ended well."""

    def done(*command: str) -> bool:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # what it started as well
            process.communicate()
        return process.returncode == 0

    match language:
        case Language.PYTHON:
            (folder / "p.py").write_text(code)
            return done("/usr/bin/python3", "p.py")
        case Language.JAVASCRIPT:
            (folder / "p.js").write_text(code)
            return done("node", "p.js")
        case Language.C:
            (folder / "p.c").write_text(code)
            return done("gcc", "-w", "-o", "p", "p.c", "-lm") and done("./p")
        case Language.CPP:
            (folder / "p.cpp").write_text(code)
            return done("g++", "-std=c++17", "-w", "-o", "p", "p.cpp") and done("./p")
        case Language.JAVA:
            (folder / "Problem.java").write_text(code)
            name = main_class(code, 0)
            return done("javac", "-nowarn", "Problem.java") and done("java", "-ea", name)
        case Language.TYPESCRIPT:
            (folder / "p.ts").write_text(code)
            tsc = os.environ["SODAKD_NODE_MODULES"] + "/typescript/lib/tsc.js"
            options = ("--target", "es2022", "--module", "commonjs")
            return done("node", tsc, *options, "p.ts") and done("node", "p.js")
        case Language.GO:
            (folder / "go.mod").write_text("module m\n\ngo 1.21\n")
            (folder / "p_test.go").write_text(code)
            return done(str(go_root() / "bin" / "go"), "test", "p_test.go")


def measure(name: str, rows: Sequence[dict[str, str]], repeat: int) -> str:
    """One line of the table."""
    language = FILES[name]
    script = TestScript(script="\n", in_process=True)
    ours: list[float] = []
    single: list[float] = []
    theirs: list[float] = []
    agreed = total = 0
    with Judge(JudgeSettings(cpu_seconds=5), workers=1) as judge:
        warm = [Program(rows[0]["program"] + end, language, script) for end in (" ", "  ")]
        judge.all(warm)  # the worker is up
        for again in range(repeat):
            for start in range(0, len(rows), BLOCK):
                block = rows[start : start + BLOCK]
                # What was judged once is known: a program of another round is another text.
                programs = [
                    Program(row["program"] + "\n" * again, language, script, id=row["id"])
                    for row in block
                ]
                begun = time.perf_counter()
                verdicts = judge.all(programs)
                ours.append((time.perf_counter() - begun) / len(block))
                begun = time.perf_counter()
                for program in programs:
                    judge.one(replace(program, code=f"{program.code} "))
                single.append((time.perf_counter() - begun) / len(block))
                with tempfile.TemporaryDirectory() as folder:
                    begun = time.perf_counter()
                    passed = [plain(language, row["program"], Path(folder)) for row in block]
                    theirs.append((time.perf_counter() - begun) / len(block))
                total += len(block)
                for row, well, verdict in zip(block, passed, verdicts, strict=True):
                    agreed += well == verdict.passed
                    if well != verdict.passed:
                        print(f"{row['id']}: {verdict.outcome}; plain: {well}", file=sys.stderr)
    mine, one, other = (1000 * statistics.median(times) for times in (ours, single, theirs))
    return (
        f"{name:<8} {mine:8.1f} {one:8.1f} {other:8.1f} {other / mine:7.1f}x {other / one:7.1f}x"
        f"   {agreed}/{total}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("languages", nargs="*", default=list(FILES))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=1)
    given = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ |= {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    print(f"{'language':<8} {'many':>8} {'single':>8} {'plain':>8} {'ratios':>17}   same verdict")
    for name in given.languages:
        lines = (given.folder / f"{name}.jsonl").read_text().splitlines()[: given.count]
        print(measure(name, [json.loads(line) for line in lines], given.repeat), flush=True)


if __name__ == "__main__":
    main()
