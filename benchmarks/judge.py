"""What the judge costs beside others, on programs that a model wrote.

    python benchmarks/judge.py FOLDER [LANGUAGE ...] [--peers PEERS] [--count 48] [--rounds 1]
    python benchmarks/judge.py FOLDER --cores 2 --peers PEERS
    python benchmarks/judge.py FOLDER [LANGUAGE ...] --parity

FOLDER holds `LANGUAGE.jsonl` with rows `id, program`. PEERS holds what is there of these:
`human-eval`, `evalplus`, `MultiPL-E` and `SodaCoder`, checkouts of their repositories, and `venv`,
a Python environment with numpy and psutil, which evalplus needs. `plain` is always there: a file,
the compiler, the program. None but the judge isolates what it runs.

On one core, contenders take turns block by block; every peer has the same Python, node, Go and
compilers as the judge. A line says of a peer: milliseconds a program of ours and of theirs (medians
over blocks), the ratio (median over the ratios of blocks), the ratio of all CPU time, which is less
disturbed by neighbours on the machine, and on how many programs both agree about a pass. Programs
without end are left out. `--cores` measures whole runs, start and end of the judges included;
`--parity` the verdicts alone, on every program.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from judge_contenders import CONTENDERS, Contender, Peer, Row, Spent, named, read, tools

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Outcome, TestScript

LANGUAGES = ("python", "js", "ts", "c", "cpp", "java", "go")
BLOCK = 12


@dataclass
class Series:
    """What a contender took: of each block, by program; and whom it passed."""

    wall: list[float] = field(default_factory=list)
    cpu: float = 0.0
    passed: dict[str, bool] = field(default_factory=dict)


def alternate(contenders: Sequence[Contender], rows: Sequence[Row], rounds: int) -> list[Series]:
    """Every contender judges every block; who begins changes from block to block."""
    found = {one.name: Series() for one in contenders}
    turn = 0
    for again in range(rounds):
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            for place in range(len(contenders)):
                one = contenders[(turn + place) % len(contenders)]
                # What was judged once is known: a program of another round is another text.
                passed, spent = one.judge([row.again(again) for row in block])
                series = found[one.name]
                series.wall.append(spent.wall / len(block))
                series.cpu += spent.cpu
                names = (f"{row.id}:{start}" for row in block)
                series.passed |= dict(zip(names, passed, strict=True))
            turn += 1
    return list(found.values())


def report(contenders: Sequence[Contender], series: Sequence[Series]) -> None:
    """A line for each pair of a judge of ours and a peer."""
    pairs = list(zip(contenders, series, strict=True))
    for ours, mine in pairs:
        for peer, theirs in pairs:
            if ours.name not in peer.beside:
                continue
            ratios = [b / a for a, b in zip(mine.wall, theirs.wall, strict=True)]
            differ = [name for name in mine.passed if mine.passed[name] != theirs.passed[name]]
            wall = [1000 * statistics.median(one.wall) for one in (mine, theirs)]
            print(
                f"{ours.language:<7} {ours.name:<7} {wall[0]:8.1f}   {peer.name:<10} {wall[1]:8.1f}"
                f" {statistics.median(ratios):7.2f}x {theirs.cpu / max(mine.cpu, 0.01):7.2f}x"
                f"   {len(mine.passed) - len(differ)}/{len(mine.passed)}",
                flush=True,
            )
            for name in differ:
                print(f"  {peer.name}: {name}: ours {mine.passed[name]}", file=sys.stderr)


def measure(language: str, given: argparse.Namespace) -> None:
    """The lines of one language."""
    rows = ending(read(given.folder, language)[: given.count])
    with ExitStack() as stack:
        wanted = CONTENDERS[language]
        made = [named(name, language, given.peers, stack) for name in wanted]
        contenders: list[Contender] = [one for one in made if one is not None]
        if any(one.name == "calls" for one in contenders):
            callable_rows = [row for row in rows if row.cases]
            groups = [
                ([one for one in contenders if one.by_calls], callable_rows),
                ([one for one in contenders if not one.by_calls], rows),
            ]
        else:
            groups = [(contenders, rows)]
        for group, own in groups:
            for one in group:
                one.judge([own[0].again(-1), own[1].again(-1)])  # it is up, and warm
            report(group, alternate(group, own, given.rounds))


def ending(rows: Sequence[Row]) -> list[Row]:
    """The programs that come to an end: to wait for the others says nothing of a judge."""
    script = TestScript(script="\n", in_process=True)
    with Judge(JudgeSettings(cpu_seconds=5), workers=1) as judge:
        verdicts = judge.judge_all([Program(row.program, row.language, script) for row in rows])
    pairs = zip(rows, verdicts, strict=True)
    return [row for row, verdict in pairs if verdict.outcome is not Outcome.TIMEOUT]


def end_to_end(given: argparse.Namespace) -> None:
    """Whole runs of Python on several cores: from nothing to all verdicts."""
    rows = [row for row in ending(read(given.folder, "python")[: given.count]) if row.cases]
    programs = [row.again(number) for number in range(4) for row in rows]
    taken: dict[str, list[float]] = {}
    for again in range(given.rounds):
        block = [row.again(again * 4) for row in programs]
        for name in ("many", "split", "calls", "human-eval", "evalplus"):
            spent = Spent()
            with ExitStack() as stack:
                one = named(name, "python", given.peers, stack, cores=given.cores)
                if one is None:
                    continue
                one.judge(block)
            taken.setdefault(name, []).append(spent.stop(()).wall)
    for name, times in taken.items():
        print(f"{name:<11} {len(programs) / statistics.median(times):7.1f} programs a second")
    for name in ("many", "split", "calls"):
        for peer in ("human-eval", "evalplus"):
            if peer in taken:
                ratios = [b / a for a, b in zip(taken[name], taken[peer], strict=True)]
                print(f"{name:<6} {statistics.median(ratios):6.2f}x {peer}")


def parity(language: str, given: argparse.Namespace) -> None:
    """On how many programs the judge and the plain tools agree about a pass."""
    rows = read(given.folder, language)[: given.count]
    cores = len(os.sched_getaffinity(0))
    script = TestScript(script="\n", in_process=True, as_main=True)
    programs = [Program(row.program, row.language, script, id=row.id) for row in rows]
    with Judge(JudgeSettings(cpu_seconds=10), workers=cores) as judge:
        verdicts = judge.judge_all(programs)
    with ExitStack() as stack:
        peer = stack.enter_context(Peer("plain", language, given.peers, cores))
        passed, _ = peer.judge(rows)
    differ = [number for number, one in enumerate(verdicts) if one.passed != passed[number]]
    same = len(rows) - len(differ)
    print(f"{language:<7} {same}/{len(rows)} {100 * same / len(rows):.2f} %", flush=True)
    for number in differ:
        verdict = verdicts[number]
        print(f"  {rows[number].id}: {verdict.outcome}; plain {passed[number]}", flush=True)
        print("    " + verdict.output[:300].replace("\n", "\n    "), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("languages", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--peers", type=Path, default=Path("peers"))
    parser.add_argument("--count", type=int)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--parity", action="store_true")
    given = parser.parse_intermixed_args()
    given.peers = given.peers.resolve()
    if given.count is None and not given.parity:
        given.count = 48
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        tools(Path(folder))
        if given.parity:
            for language in given.languages:
                parity(language, given)
            return
        os.sched_setaffinity(0, set(cores[-given.cores :]))
        if given.cores > 1:
            end_to_end(given)
            return
        print(f"{'':<15} {'ms':>8}   {'':<10} {'ms':>8} {'ratio':>8} {'of CPU':>8}   same pass")
        for language in given.languages:
            measure(language, given)


if __name__ == "__main__":
    main()
