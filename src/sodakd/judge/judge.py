"""`Judge`: programs in, verdicts out.

Programs run in a process of their own, with limits on CPU time, memory, output, open files and
wall time. This keeps accidents in; it is no sandbox against malice yet (no namespaces).
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.recipe import JudgeSettings
from sodakd.types import Language, Outcome, Stage, Tests, TestScript, Verdict

_SERVER = Path(__file__).with_name("server.py")


@dataclass(frozen=True)
class Program:
    """Code and the tests it must pass."""

    code: str
    language: Language
    tests: Tests | TestScript


class Worker:
    """One process that runs programs, one at a time; started when it is first needed."""

    def __init__(self, limits: Mapping[str, JsonValue], room: Path) -> None:
        self._limits = limits
        self._room = room
        self._server: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the process."""
        if self._server is not None:
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.close()
            self._server.wait()
            self._server.stdout.close()
            self._server = None

    def judge(self, program: Program) -> Verdict:
        """The verdict on one program. Raises `JudgeError` where the process fails."""
        server = self._running()
        assert isinstance(program.tests, Tests)
        assert server.stdin is not None
        assert server.stdout is not None
        job = {
            "code": program.code,
            "entry_point": program.tests.entry_point,
            "cases": [case.model_dump(mode="json") for case in program.tests.cases],
            "limits": dict(self._limits),
        }
        try:
            server.stdin.write(json.dumps(job).encode() + b"\n")
            server.stdin.flush()
            line = server.stdout.readline()
        except OSError as error:
            raise JudgeError(f"the judge's process cannot be reached: {error}") from error
        if not line:
            raise JudgeError(f"the judge's process ended with status {server.wait()}")
        return Verdict.model_validate_json(line)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-S", "-s", "-P", str(_SERVER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"PYTHONHASHSEED": "0"},
                cwd=self._room,
                start_new_session=True,  # Ctrl-C is the first process's to answer
            )
        return self._server


class Judge:
    """Judges programs. A context: the processes that run them end with it.

    `workers` is how many programs run at the same time, one core each by default. It changes no
    verdict.
    """

    def __init__(self, settings: JudgeSettings, workers: int | None = None) -> None:
        limits: dict[str, JsonValue] = {
            "cpu_seconds": settings.cpu_seconds,
            "memory": settings.memory_mb * 2**20,
            "output": settings.output_kb * 2**10,
        }
        self._room = tempfile.TemporaryDirectory(prefix="sodakd-judge-")
        self._workers = [
            Worker(limits, Path(self._room.name))
            for _ in range(workers or len(os.sched_getaffinity(0)))
        ]
        self._free = SimpleQueue[Worker]()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(len(self._workers))
        self._known: dict[bytes, Verdict] = {}

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
        self._room.cleanup()

    def one(self, program: Program) -> Verdict:
        """The verdict on one program."""
        return self.many([program])[0]

    def many(
        self, programs: Sequence[Program], progress: Callable[[int], None] | None = None
    ) -> list[Verdict]:
        """The verdicts on programs, in their order. Equal programs are run once.

        Raises:
            JudgeError: the judge itself failed; no verdict was given.
        """
        keys = [_digest(program) for program in programs]
        new = {
            key: program
            for key, program in zip(keys, programs, strict=True)
            if key not in self._known
        }
        judged = zip(new, self._threads.map(self._judge, new.values()), strict=True)
        for number, (key, verdict) in enumerate(judged, start=1):
            self._known[key] = verdict
            if progress is not None and (number % 50 == 0 or number == len(new)):
                progress(len(programs) - len(new) + number)
        return [self._known[key] for key in keys]

    def _judge(self, program: Program) -> Verdict:
        if program.language is not Language.PYTHON:
            raise JudgeError(
                f"this judge runs Python; found a program in {program.language}: set"
                " questions.language to python"
            )
        if not program.code.strip():
            return Verdict(outcome=Outcome.NOT_EXECUTABLE, stage=Stage.EXTRACT, output="no code")
        worker = self._free.get()
        try:
            return worker.judge(program)
        finally:
            self._free.put(worker)


def _digest(program: Program) -> bytes:
    text = f"{program.language}\n{program.tests.model_dump_json()}\n{program.code}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
