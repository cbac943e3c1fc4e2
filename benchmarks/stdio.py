"""What programs that read standard input cost by the judge, beside their cases run one by one.

    python benchmarks/stdio.py [LANGUAGE ...] [--problems 100] [--cold 8]

Of each language so many problems of the world with 10 cases, a right program and a faulty one each:
how many of them pass and fail, and what a right one takes in a stream. `cold` is a judge that keeps
nothing warm and is asked for each case by itself; `plain` are the plain tools, without a sandbox,
which build once and start a process for each case. These two are for a few problems only.
Milliseconds a program by the clock and of processor time, one core; the ratios are of processor
time, which a busy machine changes little.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[1]))

from lint import cpu_seconds
from tests.judge.stdio_world import Problem, problems

from sodakd.judge import Judge, Program
from sodakd.judge.languages.spec import language_spec
from sodakd.judge.output_comparison import difference
from sodakd.judge.toolchains import require_toolchain
from sodakd.types import Language


def cases(problem: Problem) -> list[Program]:
    """The right program once for each of its cases."""
    return [
        Program(problem.right, problem.language, problem.tests.model_copy(update={"cases": (one,)}))
        for one in problem.tests.cases
    ]


def plain(problem: Problem, folder: Path) -> None:
    """Build a program and run all its cases, as one would by hand."""
    tools = require_toolchain(problem.language).tools
    name = f"Main.{language_spec(problem.language).suffix}"
    (folder / name).write_text(problem.right)
    node = [tools.get("node", "")]
    commands: dict[Language, list[list[str]]] = {
        Language.PYTHON: [[sys.executable, name]],
        Language.JAVASCRIPT: [[*node, name]],
        Language.TYPESCRIPT: [
            [*node, tools.get("tsc", ""), "--target", "es2022", "--module", "commonjs", "--types",
             "node", "--typeRoots", tools.get("typings", ""), name],
            [*node, "Main.js"],
        ],
        Language.JAVA: [[tools.get("javac", ""), name], [tools.get("java", ""), "Main"]],
        Language.C: [[tools.get("gcc", ""), "-w", name, "-lm"], ["./a.out"]],
        Language.CPP: [[tools.get("g++", ""), "-std=gnu++17", "-O1", "-w", name], ["./a.out"]],
        Language.GO: [[_go(tools), "build", "-o", "a.out", name], ["./a.out"]],
    }  # fmt: skip
    *build, run = commands[problem.language]
    for command in build:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for case in problem.tests.cases:
        given = case.stdin.encode()
        done = subprocess.run(run, cwd=folder, check=True, capture_output=True, input=given)
        assert not difference(done.stdout.decode(), case, problem.tests)


def _go(tools: Mapping[str, str]) -> str:
    return str(Path(tools["go_compile"]).parents[3] / "bin" / "go") if "go_compile" in tools else ""


@dataclass
class Spent:
    """Seconds by the clock and of processor time, from the start of a context to its end."""

    clock: float = 0.0
    processor: float = 0.0

    def __enter__(self) -> Self:
        self.clock, self.processor = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self.clock = time.perf_counter() - self.clock
        self.processor = cpu_seconds() - self.processor


def by_plain(some: Sequence[Problem]) -> None:
    """All cases of a few problems by the plain tools."""
    for problem in some:
        with tempfile.TemporaryDirectory() as folder:
            plain(problem, Path(folder))


def measure(language: Language, count: int, few: int) -> str:
    """One line of the table."""
    found = problems(language, count)
    first = Program(f"{found[0].right}\n", language, found[0].tests)
    right = [Program(one.right, language, one.tests) for one in found]
    with Judge(workers=1) as judge:
        judge.judge(first)  # it is up, and warm
        with Spent() as own:
            passed = sum(one.passed for one in judge.judge_all(right))
        wrong = judge.judge_all([Program(one.wrong, language, one.tests) for one in found])
        failed = sum(not one.passed for one in wrong)
    with Judge(workers=1, warm=False) as judge:
        judge.judge(first)
        with Spent() as cold:
            for one in found[:few]:
                for program in cases(one):
                    judge.judge(program)
    with Spent() as by_hand:
        by_plain(found[:few])
    ours = own.processor / count
    others = [one.processor / few for one in (cold, by_hand)]
    figures = [1000 * one for one in (own.clock / count, ours, *others)]
    return (
        f"{language:<11} {passed:5} {failed:5}"
        f"{''.join(f'{one:9.0f}' for one in figures)}"
        f"{''.join(f'{one / ours:8.1f}x' for one in others)}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("languages", nargs="*", type=Language, default=list(Language))
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--cold", type=int, default=8)
    given = parser.parse_intermixed_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ |= {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GO111MODULE": "off"}
    print(
        f"{'language':<11} {'pass':>5} {'fail':>5}{'ms':>9}{'CPU ms':>9}{'cold':>9}{'plain':>9}"
        f"{'ratios':>18}"
    )
    for language in given.languages:
        print(measure(language, given.problems, given.cold), flush=True)


if __name__ == "__main__":
    main()
