"""Workers as the judge sees them: processes behind the outer wall, asked over a socket."""

import itertools
import json
import os
import socket
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.judge.cgroup import Cgroup, make_cgroup
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox_choice import available_sandboxes, fix_hint
from sodakd.judge.scratch import ScratchDir
from sodakd.judge.toolchains import build_sandbox_library, interpreter
from sodakd.types import Outcome, SandboxKind

_PACKAGE = Path(__file__).resolve().parent.parent
_MAIN = "import sys; sys.path.insert(0, {!r}); from sodakd.judge.sandbox.worker import main; main()"
_NUMBERS = itertools.count()
_COMPILERS = 2**31
"""Bytes that a compiler may need, and those that are kept running."""

_PATIENCE = 600.0
"""Seconds for a program after which a worker is taken for dead; its limits are far shorter."""

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
    """One process that tries programs, one at a time; started when it is first needed."""

    def __init__(
        self,
        memory: int,
        processes: int,
        places: Iterable[str],
        *,
        allow_unsandboxed: bool = False,
    ) -> None:
        self._number = next(_NUMBERS)
        self._allow_unsandboxed = allow_unsandboxed
        self._walls = SandboxKind.NAMESPACES
        self._memory = memory
        self._processes = processes
        self._places = sorted(set(places))
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._cgroup: Cgroup | None = None
        self._room: ScratchDir | None = None
        self._pending = b""
        self.failed: dict[SandboxKind, str] = {}
        self._busy = False

    @property
    def cgroup(self) -> Cgroup | None:
        """The control group of a running worker."""
        return self._cgroup

    @property
    def walls(self) -> SandboxKind:
        """What stands around a running worker."""
        return self._walls

    def start(self) -> None:
        """Start the process and wait until a wall stands: the strongest that can be had.

        Raises:
            JudgeError: no wall can be had; the text says what mends it.
        """
        if self._process is not None:
            return
        self.failed.clear()
        for walls in available_sandboxes(allow_unsandboxed=self._allow_unsandboxed):
            self._begin(walls)
            answer = self._read()
            if "failed" not in answer:
                self._walls = walls
                return
            self.close()
            self.failed[walls] = str(answer["failed"])
        said = "; ".join(f"{walls}: {why}" for walls, why in self.failed.items())
        allow = (
            ""
            if self._allow_unsandboxed
            else (" To judge without a sandbox: allow_unsandboxed: true, or --allow-unsandboxed.")
        )
        raise JudgeError(
            "no sandbox can be made here, and programs are not run without one"
            f" ({said or 'none may be tried: SODAKD_WALLS=none'}); see docs/security.md.{allow}"
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
        self._room = ScratchDir()
        # A roof over all processes together, compilers among them; each has its own limit below it.
        roof = max(self._memory * 5 // 4, _COMPILERS) + 2**27
        self._cgroup = (
            None
            if os.environ.get("SODAKD_NO_CGROUP")
            else make_cgroup(str(self._number), roof, 4 * self._processes)
        )
        ours, theirs = socket.socketpair()
        handed = [theirs.fileno()]
        if self._cgroup is not None:
            handed += [self._cgroup.join, self._cgroup.events, self._cgroup.statistics]
        start = {
            "socket": theirs.fileno(),
            "places": self._all_places(),
            "walls": walls.value,
            "room": self._room.name,
            "library": path_inside(str(library))
            if walls is SandboxKind.NAMESPACES
            else str(library),
            "cgroup": self._cgroup.join if self._cgroup else -1,
            "events": self._cgroup.events if self._cgroup else -1,
            "statistics": self._cgroup.statistics if self._cgroup else -1,
        }
        main = _MAIN.format(str(_PACKAGE.parent))
        with theirs:
            self._process = subprocess.Popen(
                [str(python), "-P", "-s", "-S", "-c", main, json.dumps(start)],
                stdin=subprocess.DEVNULL,
                env={"PYTHONHASHSEED": "0"},
                cwd="/",
                pass_fds=handed,
                start_new_session=True,  # Ctrl-C is the first process's to answer
            )
        self._connection = ours

    def ask(self, tasks: Sequence[Task]) -> list[Task]:
        """Try programs of one language, one after the other: a result for each.

        Raises `JudgeError` where the worker fails.
        """
        self.start()
        kept = self._walls is SandboxKind.NAMESPACES  # nothing is kept running behind weaker walls
        batch: JsonValue = [{**task, "warm": bool(task["warm"]) and kept} for task in tasks]
        answers = self._sent({"batch": batch}, len(tasks))["batch"]
        assert isinstance(answers, list)
        return [one for one in answers if isinstance(one, dict)]

    def ask_tool(self, request: Task) -> Task:
        """Have a static tool read programs. Raises `JudgeError` where the worker fails."""
        self.start()
        if self._walls is not SandboxKind.NAMESPACES:
            return {"said": None, "note": "static tools run behind namespaces alone"}
        return self._sent({"tool": request}, 1)

    def _sent(self, request: JsonValue, programs: int) -> Task:
        assert self._connection is not None
        self._busy = True
        try:
            self._connection.settimeout(_PATIENCE)
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
        self._connection.settimeout(_PATIENCE * programs)
        said = self._read()
        self._busy = False
        if "failed" in said:
            raise WorkerError(f"the sandbox failed: {said['failed']}")
        return said

    def _read(self) -> Task:
        assert self._connection is not None
        while b"\n" not in self._pending:
            try:
                part = self._connection.recv(2**20)
            except TimeoutError:
                text = "a worker of the judge does not answer"
                raise WorkerError(text, Outcome.TIMEOUT) from None
            except OSError as error:
                raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
            if not part:
                status = self._process.wait() if self._process else None
                text = f"a worker of the judge ended with status {status}"
                if self._cgroup is not None and self._cgroup.killed_for_memory():
                    raise WorkerError(f"{text}, for memory", Outcome.MEMORY_LIMIT)
                raise WorkerError(text)
            self._pending += part
        line, _, self._pending = self._pending.partition(b"\n")
        said: Task = json.loads(line)
        return said

    def close(self) -> None:
        """End the process and all that lives in its box."""
        self._pending = b""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            if self._busy and self._walls is SandboxKind.NAMESPACES:
                self._process.kill()  # nobody wants the answer; namespaces die with their owner
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._busy = False
        if self._cgroup is not None:
            self._cgroup.close()
            self._cgroup = None
        if self._room is not None:
            self._room.close()
            self._room = None
