"""`Judge`: programs in, verdicts out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from pydantic import JsonValue

from sodakd.judge.calibration import Calibration, calibration_program
from sodakd.judge.languages.spec import language_spec
from sodakd.judge.left_out import InvalidTestsError, LeftOut, or_invalid
from sodakd.judge.lint.runner import StaticTools
from sodakd.judge.program import JudgedProgram, Program
from sodakd.judge.protocol import (
    decode_verdict,
    encode_limits,
    encode_task,
    ended_worker,
    not_executable,
)
from sodakd.judge.sandbox_choice import WARNINGS
from sodakd.judge.toolchains import require_toolchain, versions
from sodakd.judge.verdict_cache import VerdictCache, digest
from sodakd.judge.worker_pool import WorkerKey, WorkerPool
from sodakd.judge.worker_process import Worker, WorkerError
from sodakd.run import cpu_count
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Finding, Language, Outcome, SandboxKind, Verdict

_AHEAD = 48
"""Programs that are read, for each worker, before the first of them has its verdict."""
_TRIES = 2
"""Workers that a program may end or hang before that is its verdict."""
_LATE = 16
"""Programs that ran out of time, and wait until they can be tried alone."""


@dataclass
class _Open:
    """What a stream has read and not yet given a verdict on; programs are known by their digest."""

    source: Iterator[tuple[int, Program]]
    places: dict[bytes, list[int]] = field(default_factory=dict)
    asked: dict[bytes, Program] = field(default_factory=dict)
    waiting: dict[Future[list[Verdict | InvalidTestsError]], list[bytes]] = field(
        default_factory=dict
    )
    batches: dict[Language | None, list[bytes]] = field(default_factory=dict)
    late: list[bytes] = field(default_factory=list)
    more: bool = True
    started: int = 0


class Judge:
    """Judges programs. A context: the processes that run them end with it.

    `workers` is how many programs run at the same time, one core each by default. It changes no
    verdict: what ran out of time beside others is tried again alone before that counts. `warm`:
    compilers and runtimes are kept running between programs, which changes no verdict either.

    Raises `JudgeError` where the judge itself fails: no sandbox can be made here, or a language has
    no toolchain. The text says what mends it.
    """

    def __init__(
        self,
        settings: JudgeSettings | None = None,
        workers: int | None = None,
        *,
        warm: bool = True,
    ) -> None:
        settings = settings or JudgeSettings()
        self._settings = settings
        self._warm = warm
        self._count = workers or cpu_count()
        self._workers = WorkerPool(self._worker, self._count)
        self._threads = ThreadPoolExecutor(self._count)
        self._known = VerdictCache()
        self._calibration = Calibration()
        self._languages: set[Language] = set()
        self._notes: set[str] = set()
        self._tools = StaticTools(self._count, self._threads, self._ask_tool, self._notes.add)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that run programs."""
        self._threads.shutdown(cancel_futures=True)
        self._workers.close()

    def judge(self, program: Program) -> Verdict:
        """The verdict on one program."""
        return self.judge_all([program])[0]

    def judge_all(
        self, programs: Sequence[Program], progress: Callable[[int], None] | None = None
    ) -> list[Verdict]:
        """The verdicts on programs, in their order. Raises `InvalidTestsError` where tests cannot
        be put to their programs, by their signature."""
        for language in sorted({one.language for one in programs if one.code.strip()}):
            require_toolchain(language)
        left, verdicts = LeftOut(), dict[int, Verdict]()
        for number, verdict in self._stream(programs, left):
            verdicts[number] = verdict
            if progress is not None and (len(verdicts) % 50 == 0 or len(verdicts) == len(programs)):
                progress(len(verdicts))
        left.tell()
        return [verdicts[number] for number in range(len(programs))]

    def judge_stream(self, programs: Iterable[Program]) -> Iterator[JudgedProgram]:
        """The verdicts on programs as they come, in any order, each under its program's id.

        `programs` is read no faster than it is judged: a few dozen for each worker are read ahead.

        Raises:
            InvalidTestsError: tests cannot be put to their programs, which `reasons` names; once
                all others have their verdicts. Its cause may be a `LanguageMissing`.
            LanguageMissing: the language of some cannot be judged here, which `skipped` names; once
                all others have their verdicts.
        """
        ids: dict[int, str] = {}
        left = LeftOut()

        def noted() -> Iterator[Program]:
            for number, program in enumerate(left.without(programs)):
                ids[number] = program.id
                yield program

        for number, verdict in self._stream(noted(), left):
            yield JudgedProgram(ids.pop(number), verdict)
        left.tell()

    def lint(self, programs: Sequence[Program]) -> list[tuple[Finding, ...]]:
        """What static tools find in programs, in their order: advice, which changes no verdict.

        A tool of `lint/registry.py` that is missing here finds nothing, and `notes` says so.
        """
        return self._tools.findings(programs)

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that judged so far, by tool."""
        return {**versions(sorted(self._languages)), **self._tools.versions}

    def stretch(self, language: Language) -> float:
        """What the CPU seconds of this language are multiplied by on this machine, 1 or more."""
        self._use(language)
        return self._calibration.factor(language)

    def notes(self) -> Sequence[str]:
        """What was not as it should be, though every verdict holds: a warm part that runs cold."""
        return sorted(self._notes)

    def _stream(self, programs: Iterable[Program], left: LeftOut) -> Iterator[tuple[int, Verdict]]:
        """Equal programs are run once; what ran out of time is run again when nothing else does."""
        open_ = _Open(enumerate(programs))
        while open_.more or open_.asked:
            yield from self._read(open_)
            crowded = open_.started > 1 and self._count > 1
            done, _ = wait(open_.waiting, return_when=FIRST_COMPLETED)
            for future in done:
                for key, verdict in zip(open_.waiting.pop(future), future.result(), strict=True):
                    if isinstance(verdict, InvalidTestsError):
                        left.unfit |= verdict.reasons
                        del open_.asked[key], open_.places[key]
                    elif crowded and verdict.outcome is Outcome.TIMEOUT:
                        open_.late.append(key)
                    else:
                        yield from self._found(open_, key, verdict)
            if not open_.waiting:
                for key in open_.late:
                    yield from self._found(open_, key, self._judge(open_.asked[key]))
                open_.late.clear()

    def _read(self, open_: _Open) -> Iterator[tuple[int, Verdict]]:
        """Read programs, as many as may be open, and ask for them; yields what is known already."""
        while open_.more and len(open_.asked) < _AHEAD * self._count and len(open_.late) < _LATE:
            number, program = next(open_.source, (-1, None))
            if program is None:
                open_.more = False
                break
            key = digest(program)
            known = self._known.get(key)
            if known is not None:
                yield number, known
            elif key in open_.places:
                open_.places[key].append(number)
            else:
                self._ask_for(open_, key, number, program)
        # What is too little for a batch waits for more, while every worker has its next one.
        if not open_.more or len(open_.waiting) < 2 * self._count:
            for batch in open_.batches.values():
                self._submit_batch(open_, batch)

    def _ask_for(self, open_: _Open, key: bytes, number: int, program: Program) -> None:
        open_.places[key], open_.asked[key] = [number], program
        open_.started += 1
        if program.code.strip():
            self._use(program.language)
        most = language_spec(program.language).batch if program.code.strip() else 1
        batch = open_.batches.setdefault(program.language if most > 1 else None, [])
        batch.append(key)
        if len(batch) >= most * self._count:
            self._submit_batch(open_, batch)

    def _found(self, open_: _Open, key: bytes, verdict: Verdict) -> Iterator[tuple[int, Verdict]]:
        if not verdict.values:  # these are large, and wanted once
            self._known.put(key, verdict)
        del open_.asked[key]
        yield from ((number, verdict) for number in open_.places.pop(key))

    def _submit_batch(self, open_: _Open, batch: list[bytes]) -> None:
        """Ask for what goes together: a part for each worker."""
        size = max(1, -(-len(batch) // self._count))
        for at in range(0, len(batch), size):
            keys = batch[at : at + size]
            asked = [open_.asked[key] for key in keys]
            open_.waiting[self._threads.submit(self._judge_together, asked)] = keys
        batch.clear()

    def _use(self, language: Language) -> None:
        """See to it that a language can be judged, before any of its programs is."""
        if language in self._languages:
            return
        require_toolchain(language)
        self._languages.add(language)
        if self._settings.calibrate:
            tools = " ".join(f"{name} {one}" for name, one in versions([language]).items())
            note = self._calibration.measure(
                language, tools, lambda: self._judge(calibration_program(language))
            )
            if note:
                self._notes.add(note)

    def _worker(self, use: WorkerKey) -> Worker:
        settings = self._settings
        return Worker(
            settings.memory_mb * 2**20,
            settings.processes,
            require_toolchain(use).places if isinstance(use, Language) else use,
            use if isinstance(use, Language) else None,
            allow_unsandboxed=settings.allow_unsandboxed,
        )

    def _ask_tool(
        self, places: frozenset[str], request: dict[str, JsonValue]
    ) -> dict[str, JsonValue]:
        with self._workers.lease(places) as worker:
            for _ in range(_TRIES):
                try:
                    return worker.ask_tool(request)
                except WorkerError as error:
                    worker.close()
                    self._notes.add(f"a static tool gave no answer: {error}")
        return {"said": None, "note": ""}

    def _judge_together(self, programs: Sequence[Program]) -> list[Verdict | InvalidTestsError]:
        if len(programs) > 1:
            with self._workers.lease(programs[0].language) as worker:
                try:
                    said = worker.ask([self._task(program) for program in programs])
                    walls = worker.walls
                    pairs = zip(said, programs, strict=True)
                    return [or_invalid(partial(self._verdict, *one, walls)) for one in pairs]
                except InvalidTestsError:
                    pass  # each alone, below: which one it is
                except WorkerError:
                    worker.close()  # each alone: another may do better
        return [or_invalid(partial(self._judge, program)) for program in programs]

    def _judge(self, program: Program) -> Verdict:
        if not program.code.strip():
            return not_executable(program)
        task, failed = self._task(program), WorkerError("")
        with self._workers.lease(program.language) as worker:
            for _ in range(_TRIES):
                try:
                    (said,) = worker.ask([task])
                    return self._verdict(said, program, worker.walls)
                except WorkerError as error:
                    worker.close()
                    failed = error
            # It is the program, if a worker does what it should with another one.
            right = calibration_program(program.language)
            try:
                (said,) = worker.ask([self._task(right)])
                sound = self._verdict(said, right, worker.walls).passed
            except WorkerError:
                worker.close()
                sound = False
            if not sound:
                raise failed
            return ended_worker(program, failed.outcome, str(failed), worker.walls)

    def _verdict(self, said: dict[str, JsonValue], program: Program, walls: SandboxKind) -> Verdict:
        notes = said.get("notes")
        if isinstance(notes, list):
            self._notes.update(map(str, notes))
        if WARNINGS[walls]:
            self._notes.add(WARNINGS[walls])
        return decode_verdict(said, program, walls)

    def _task(self, program: Program) -> dict[str, JsonValue]:
        limits = encode_limits(self._settings, self._calibration.factor(program.language))
        return encode_task(program, limits, warm=self._warm)
