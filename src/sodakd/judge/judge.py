"""`Judge`: programs in, verdicts out.

Programs run in a process of their own, with limits on CPU time, memory, output, open files and
wall time. This keeps accidents in; it is no sandbox against malice yet (no namespaces).
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.recipe import JudgeSettings
from sodakd.types import Language, Outcome, Stage, Tests, Verdict

_SERVER = Path(__file__).with_name("server.py")


@dataclass(frozen=True)
class Program:
    """Code and the tests it must pass."""

    code: str
    language: Language
    tests: Tests


class Judge:
    """Judges programs. A context: the process that runs them ends with it."""

    def __init__(self, settings: JudgeSettings) -> None:
        self._limits: dict[str, JsonValue] = {
            "cpu_seconds": settings.cpu_seconds,
            "memory": settings.memory_mb * 2**20,
            "output": settings.output_kb * 2**10,
        }
        self._room = tempfile.TemporaryDirectory(prefix="sodakd-judge-")
        self._server: subprocess.Popen[bytes] | None = None
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
        """End the process that runs programs."""
        if self._server is not None:
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.close()
            self._server.wait()
            self._server.stdout.close()
            self._server = None
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
        verdicts = []
        for number, program in enumerate(programs, start=1):
            verdicts.append(self._judge(program))
            if progress is not None and (number % 50 == 0 or number == len(programs)):
                progress(number)
        return verdicts

    def _judge(self, program: Program) -> Verdict:
        if program.language is not Language.PYTHON:
            raise JudgeError(
                f"this judge runs Python; found a program in {program.language}: set"
                " questions.language to python"
            )
        if not program.code.strip():
            return Verdict(outcome=Outcome.NOT_EXECUTABLE, stage=Stage.EXTRACT, output="no code")
        key = _digest(program)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._ask_server(program)
        return known

    def _ask_server(self, program: Program) -> Verdict:
        server = self._running()
        assert server.stdin is not None
        assert server.stdout is not None
        job = {
            "code": program.code,
            "entry_point": program.tests.entry_point,
            "cases": [case.model_dump(mode="json") for case in program.tests.cases],
            "limits": self._limits,
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
                cwd=self._room.name,
            )
        return self._server


def _digest(program: Program) -> bytes:
    text = f"{program.language}\n{program.tests.model_dump_json()}\n{program.code}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def programs(codes: Iterable[str], language: Language, tests: Iterable[Tests]) -> list[Program]:
    """Programs of one language, each with its tests."""
    return [Program(code, language, own) for code, own in zip(codes, tests, strict=True)]
