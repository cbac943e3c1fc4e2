"""`Judge`: programs in, verdicts out.

Each program runs behind two walls (`inside/wall.py`, `inside/contain.c`), with limits on CPU and
wall time, memory, processes, output and disk. What its calls must give is compared out here, so a
program cannot pass by anything but giving it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.judge.inside.wall import seen
from sodakd.judge.lint.linting import StaticTools
from sodakd.judge.pool import Worker, WorkerError
from sodakd.judge.program import Program, digest
from sodakd.judge.toolchains import Missing, Toolchain, toolchain
from sodakd.judge.values import compare
from sodakd.run import cores
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Finding, Isolation, Language, Outcome, Stage, Tests, TestScript, Verdict

__all__ = ["Judge", "Judged", "Program", "versions"]

_SIGNED = frozenset({Language.JAVA, Language.C, Language.CPP, Language.GO})
_BATCHED = frozenset({Language.GO})
_BATCH = 24
"""Programs at most that a worker is given as one request, in languages that gain by it."""
_WALL = 2.0
"""Wall seconds a program may take for each of its CPU seconds, and a second more."""


@dataclass(frozen=True)
class Judged:
    """A program's id and its verdict."""

    id: str
    verdict: Verdict


class Judge:
    """Judges programs. A context: the processes that run them end with it.

    `workers` is how many programs run at the same time, one core each by default. It changes no
    verdict: what ran out of time beside others is tried again alone before that counts. `warm`:
    compilers and runtimes are kept running between programs, which changes no verdict either.

    Raises:
        JudgeError: no sandbox can be made here, or a language has no toolchain; the text says what
            mends it.
    """

    def __init__(
        self, settings: JudgeSettings, workers: int | None = None, *, warm: bool = True
    ) -> None:
        self._settings = settings
        self._warm = warm
        self._limits: dict[str, JsonValue] = {
            "cpu_seconds": settings.cpu_seconds,
            "wall_seconds": _WALL * settings.cpu_seconds + 1,
            "memory": settings.memory_mb * 2**20,
            "output": settings.output_kb * 2**10,
            "disk": settings.disk_mb * 2**20,
            "processes": settings.processes,
        }
        self._count = workers or cores()
        self._workers: list[Worker] = []
        self._free = SimpleQueue[Worker]()
        self._threads = ThreadPoolExecutor(self._count)
        self._known: dict[bytes, Verdict] = {}
        self._places: tuple[str, ...] = ()
        self._languages: set[Language] = set()
        self._notes: set[str] = set()
        self._tools = StaticTools(self._count, self._threads, self._ask_tool, self._notes.add)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that run programs."""
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def one(self, program: Program) -> Verdict:
        """The verdict on one program."""
        return self.all([program])[0]

    def all(
        self, programs: Sequence[Program], progress: Callable[[int], None] | None = None
    ) -> list[Verdict]:
        """The verdicts on programs, in their order.

        Raises:
            JudgeError: the judge itself failed; no verdict was given.
        """
        verdicts: dict[int, Verdict] = {}
        for number, verdict in self._stream(programs):
            verdicts[number] = verdict
            if progress is not None and (len(verdicts) % 50 == 0 or len(verdicts) == len(programs)):
                progress(len(verdicts))
        return [verdicts[number] for number in range(len(programs))]

    def many(self, programs: Iterable[Program]) -> Iterator[Judged]:
        """The verdicts on programs as they come, in any order, each under its program's id."""
        held = list(programs)
        for number, verdict in self._stream(held):
            yield Judged(held[number].id, verdict)

    def lint(self, programs: Sequence[Program], *, full: bool = False) -> list[tuple[Finding, ...]]:
        """What static tools find in programs, in their order: advice, which changes no verdict.

        The fast tools by default, or with `full` all of the table in `lint/table.py`. A tool that
        is missing here finds nothing, and `notes` says so.

        Raises:
            JudgeError: the judge itself failed.
        """
        tools = self._tools.of(programs, full=full)
        self._show({place for found in tools.values() for place in found.places})
        return self._tools.findings(tools, programs)

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that judged so far, by tool."""
        return {**versions(sorted(self._languages)), **self._tools.versions}

    def notes(self) -> Sequence[str]:
        """What was not as it should be, though every verdict holds: a warm part that runs cold."""
        return sorted(self._notes)

    def _stream(self, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
        """Equal programs are run once; what ran out of time is run again when nothing else does."""
        places: dict[bytes, list[int]] = {}
        for number, program in enumerate(programs):
            places.setdefault(digest(program), []).append(number)
        late: list[bytes] = []
        fresh: dict[bytes, Program] = {}
        self._prepare(programs)
        for key, numbers in places.items():
            if key in self._known:
                yield from ((number, self._known[key]) for number in numbers)
            else:
                fresh[key] = programs[numbers[0]]
        waiting: dict[Future[list[Verdict]], list[bytes]] = {}
        for keys in self._requests(fresh):
            asked = [fresh[key] for key in keys]
            waiting[self._threads.submit(self._judge_together, asked)] = keys
        crowded = len(fresh) > 1 and self._count > 1
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                for key, verdict in zip(waiting.pop(future), future.result(), strict=True):
                    if crowded and verdict.outcome is Outcome.TIMEOUT:
                        late.append(key)
                        continue
                    self._known[key] = verdict
                    yield from ((number, verdict) for number in places[key])
        for key in late:
            verdict = self._judge(programs[places[key][0]])
            self._known[key] = verdict
            yield from ((number, verdict) for number in places[key])

    def _prepare(self, programs: Sequence[Program]) -> None:
        """Workers that show what these programs need; those that do not are closed first."""
        languages = {program.language for program in programs if program.code.strip()}
        self._languages |= languages
        wanted = {place for language in languages for place in _found(language).places}
        self._show(wanted)

    def _show(self, wanted: set[str]) -> None:
        """Workers that show these places."""
        if self._workers and wanted <= set(self._places):
            return
        for worker in self._workers:
            worker.close()
        self._places = tuple(sorted(wanted | set(self._places)))
        memory, processes = self._settings.memory_mb * 2**20, self._settings.processes
        self._free = SimpleQueue()
        self._workers = [
            Worker(number, memory, processes, self._places) for number in range(self._count)
        ]
        for worker in self._workers:
            self._free.put(worker)

    def _requests(self, programs: Mapping[bytes, Program]) -> list[list[bytes]]:
        """What a worker is asked at a time: one program, or some of a language that has batches."""
        batched = [
            key
            for key, program in programs.items()
            if program.language in _BATCHED and self._warm and program.code.strip()
        ]
        together = set(batched)
        size = max(1, min(_BATCH, -(-len(batched) // self._count)))
        requests = [batched[at : at + size] for at in range(0, len(batched), size)]
        return requests + [[key] for key in programs if key not in together]

    def _ask_tool(self, request: dict[str, JsonValue]) -> dict[str, JsonValue]:
        worker = self._free.get()
        try:
            try:
                return worker.ask_tool(request)
            except WorkerError:
                worker.close()
                return worker.ask_tool(request)
        finally:
            self._free.put(worker)

    def _judge_together(self, programs: Sequence[Program]) -> list[Verdict]:
        if len(programs) > 1:
            worker = self._free.get()
            try:
                scripts = [_script(program) for program in programs]
                said = worker.ask_all([self._task(program) for program in programs], scripts)
                return [self._verdict(one, of) for one, of in zip(said, programs, strict=True)]
            except WorkerError:
                worker.close()  # each alone, below: another may do better
            finally:
                self._free.put(worker)
        return [self._judge(program) for program in programs]

    def _judge(self, program: Program) -> Verdict:
        if not program.code.strip():
            return Verdict(
                outcome=Outcome.NOT_EXECUTABLE, stage=Stage.EXTRACT, output=program.reason
            )
        task = self._task(program)
        script = _script(program)
        worker = self._free.get()
        try:
            try:
                said = worker.ask(task, script)
            except WorkerError:
                worker.close()
                said = worker.ask(task, script)
        finally:
            self._free.put(worker)
        return self._verdict(said, program)

    def _verdict(self, said: dict[str, JsonValue], program: Program) -> Verdict:
        notes = said["notes"]
        if isinstance(notes, list):
            self._notes.update(map(str, notes))
        return _verdict(said, program)

    def _task(self, program: Program) -> dict[str, JsonValue]:
        tests = program.tests
        calls = tests.cases if isinstance(tests, Tests) else ()
        signature = tests.signature if isinstance(tests, Tests) else None
        if calls and signature is None and program.language in _SIGNED:
            raise JudgeError(
                f"a call in {program.language} needs the types of {tests.entry_point}: set"
                " tests.signature"
            )
        return {
            "language": program.language.value,
            "code": program.code,
            "entry_point": tests.entry_point,
            "arguments": [list(case.arguments) for case in calls],
            "argument_types": list(signature.arguments) if signature else [],
            "result_type": signature.returns.value if signature else "",
            "in_process": isinstance(tests, TestScript) and tests.in_process,
            "limits": self._limits,
            "warm": self._warm,
            "tools": {name: seen(path) for name, path in _found(program.language).tools.items()},
        }


def versions(languages: Iterable[Language]) -> Mapping[str, str]:
    """The versions of the tools that judge these languages, by tool."""
    return {
        name: version
        for language in languages
        for name, version in _found(language).versions.items()
    }


def _script(program: Program) -> str | None:
    return program.tests.script if isinstance(program.tests, TestScript) else None


def _found(language: Language) -> Toolchain:
    found = toolchain(language)
    if isinstance(found, Missing):
        raise JudgeError(f"{language} cannot be judged here: {found.lacks}; {found.command}")
    return found


def _verdict(said: dict[str, JsonValue], program: Program) -> Verdict:
    outcome, output = str(said["outcome"]), str(said["output"])
    stage = Stage(str(said["stage"]))
    if not outcome:
        assert isinstance(program.tests, Tests)
        judged, why = compare(str(said["values"]), program.tests, program.language)
        outcome, output = judged.value, why or output
    return Verdict(
        outcome=Outcome(outcome),
        stage=stage,
        output=output,
        isolation=Isolation(str(said["isolation"] or "split")),
        seconds=_number(said["cpu_seconds"]),
        wall_seconds=_number(said["wall_seconds"]),
        peak_memory=int(_number(said["peak_memory"])),
    )


def _number(value: JsonValue) -> float:
    assert isinstance(value, (int, float))
    return value
