"""Workers as the judge sees them: processes behind the outer wall, asked over a socket."""

import itertools
import json
import os
import socket
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import build_sandbox_library
from sodakd.judge.cgroup import Cgroup, make_cgroup
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox.stdio_run import TOGETHER
from sodakd.judge.sandbox_choice import available_sandboxes, fix_hint
from sodakd.judge.scratch import ScratchDir
from sodakd.judge.toolchains import interpreter
from sodakd.types import Language, Outcome, SandboxKind

_PACKAGE = Path(__file__).resolve().parent.parent
_MAIN = "import sys; sys.path.insert(0, {!r}); from sodakd.judge.sandbox.worker import main; main()"
_NUMBERS = itertools.count()
_COMPILERS = 2**31
"""Bytes that a compiler may need, and those that are kept running."""

_PATIENCE = 600.0
"""Seconds for a program after which a worker is taken for dead; its limits are far shorter. One
that reads standard input has so many times as much as its limits say."""

Task = dict[str, JsonValue]
"""What a worker is asked, or what it says: `sandbox/task.py` names the fields."""


class WorkerError(JudgeError):
    """A worker died or does not answer: another one may do better.

    `outcome` is that of a program which does so to every worker.
    """

    def __init__(self, text: str, outcome: Outcome = Outcome.RUNTIME_ERROR) -> None:
        super().__init__(text)
        self.outcome = outcome


class Worker:
    """One process that tries programs, one at a time; started when it is first needed.

    While it runs, `walls` says what stands around it, and `cgroup` is its control group. `failed`:
    why stronger walls do not stand.
    """

    def __init__(
        self,
        memory: int,
        processes: int,
        places: Iterable[str],
        language: Language | None = None,
        *,
        allow_unsandboxed: bool = False,
    ) -> None:
        self._number = next(_NUMBERS)
        self._allow_unsandboxed = allow_unsandboxed
        self.walls = SandboxKind.NAMESPACES
        self._memory = memory
        self._processes = processes
        self._places = sorted(set(places))
        self._language = language
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._said: BinaryIO | None = None
        self.cgroup: Cgroup | None = None
        self._ends = ExitStack()
        self.failed: dict[SandboxKind, str] = {}
        self._busy = False

    def start(self) -> None:
        """Start the process and wait until a wall stands: the strongest that can be had. Raises
        `JudgeError` where there is none; the text says what mends it."""
        if self._process is not None:
            return
        self.failed.clear()
        for walls in available_sandboxes(allow_unsandboxed=self._allow_unsandboxed):
            self._begin(walls)
            answer = self._read()
            if "failed" not in answer:
                self.walls = walls
                return
            self.close()
            self.failed[walls] = str(answer["failed"])
        said = "; ".join(f"{walls}: {why}" for walls, why in self.failed.items())
        allow = " To judge without a sandbox: allow_unsandboxed: true, or --allow-unsandboxed."
        raise JudgeError(
            "no sandbox can be made here, and programs are not run without one"
            f" ({said or 'none may be tried: SODAKD_WALLS=none'}); see docs/security.md."
            f"{'' if self._allow_unsandboxed else allow}"
            f" To mend it: {self.mended_by()}"
        )

    def mended_by(self) -> str:
        """What makes the walls stand that did not."""
        return fix_hint(self.failed, self._all_places())

    def _all_places(self) -> list[str]:
        own = (interpreter().parent.parent, _PACKAGE, build_sandbox_library().parent)
        return [*map(str, own), *self._places]

    def _begin(self, walls: SandboxKind) -> None:
        library = build_sandbox_library()
        python = interpreter()
        room = ScratchDir()
        self._ends.callback(room.close)
        # A roof over all processes together, compilers among them; each has its own limit below it.
        roof = max(self._memory * 5 // 4, _COMPILERS) + 2**27
        self.cgroup = (
            None
            if os.environ.get("SODAKD_NO_CGROUP")
            else make_cgroup(str(self._number), roof, 4 * self._processes)
        )
        if self.cgroup is not None:
            self._ends.callback(self.cgroup.close)
        ours, theirs = socket.socketpair()
        group = self.cgroup.descriptors if self.cgroup is not None else ()
        start = {
            "socket": theirs.fileno(),
            "language": self._language or "",
            "places": self._all_places(),
            "walls": walls.value,
            "room": room.name,
            "library": path_inside(str(library))
            if walls is SandboxKind.NAMESPACES
            else str(library),
            "cgroup": group or (-1, -1, -1),
        }
        main = _MAIN.format(str(_PACKAGE.parent))
        with theirs:
            self._process = subprocess.Popen(
                [str(python), "-P", "-s", "-S", "-c", main, json.dumps(start)],
                stdin=subprocess.DEVNULL,
                env={"PYTHONHASHSEED": "0"},
                cwd="/",
                pass_fds=(theirs.fileno(), *group),
                start_new_session=True,  # Ctrl-C is the first process's to answer
            )
        self._ends.callback(self._end, self._process)
        self._connection = self._ends.enter_context(ours)
        self._said = self._ends.enter_context(ours.makefile("rb"))

    def ask(self, tasks: Sequence[Task]) -> list[Task]:
        """Try programs of one language, one after the other: a result for each. Raises `JudgeError`
        where the worker fails."""
        self.start()
        kept = self.walls is SandboxKind.NAMESPACES  # nothing is kept running behind weaker walls
        batch: JsonValue = [{**task, "warm": bool(task["warm"]) and kept} for task in tasks]
        runs = sum(1 if task["stdin"] is None else TOGETHER for task in tasks)
        answers = self._sent({"batch": batch}, runs)["batch"]
        assert isinstance(answers, list)
        return [one for one in answers if isinstance(one, dict)]

    def ask_tool(self, request: Task) -> Task:
        """Have a static tool read programs. Raises `JudgeError` where the worker fails."""
        self.start()
        if self.walls is not SandboxKind.NAMESPACES:
            return {"said": None, "note": "static tools run behind namespaces alone"}
        return self._sent({"tool": request}, 1)

    def _sent(self, request: JsonValue, runs: int) -> Task:
        assert self._connection is not None
        self._busy = True
        try:
            self._connection.settimeout(_PATIENCE)
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
        self._connection.settimeout(_PATIENCE * runs)
        said = self._read()
        self._busy = False
        if "failed" in said:
            raise WorkerError(f"the sandbox failed: {said['failed']}")
        return said

    def _read(self) -> Task:
        assert self._said is not None
        try:
            line = self._said.readline()
        except TimeoutError:
            text = "a worker of the judge does not answer"
            raise WorkerError(text, Outcome.TIMEOUT) from None
        except OSError as error:
            raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
        if not line.endswith(b"\n"):
            status = self._process.wait() if self._process else None
            text = f"a worker of the judge ended with status {status}"
            if self.cgroup is not None and self.cgroup.killed_for_memory():
                raise WorkerError(f"{text}, for memory", Outcome.MEMORY_LIMIT)
            raise WorkerError(text)
        said: Task = json.loads(line)
        return said

    def close(self) -> None:
        """End the process and all that lives in its box."""
        self._ends.close()
        self._process = self.cgroup = None
        self._busy = False

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        if self._busy and self.walls is SandboxKind.NAMESPACES:
            process.kill()  # nobody wants the answer; namespaces die with their owner
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
