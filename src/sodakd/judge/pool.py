"""Workers as the judge sees them: processes behind the outer wall, asked over a socket."""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.judge.cgroup import Cgroup, make_cgroup
from sodakd.judge.inside.wall import seen
from sodakd.judge.toolchains import contain_library, interpreter

_PACKAGE = Path(__file__).resolve().parent.parent
_MAIN = "import sys; sys.path.insert(0, {!r}); from sodakd.judge.inside.worker import main; main()"
_ADVICE = (
    "no sandbox can be made here: user namespaces are refused. On Ubuntu:"
    " sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; in Docker: run with"
    " --security-opt seccomp=unconfined --cap-add SYS_ADMIN; elsewhere: sysctl -w"
    " user.max_user_namespaces=10000. See docs/security.md"
)


_COMPILERS = 2**31
"""Bytes that a compiler may need, and those that are kept running."""

Task = dict[str, JsonValue]
"""What a worker is asked, or what it says: `inside/task.py` names the fields."""


class WorkerError(JudgeError):
    """A worker died or does not answer: another one may do better."""


class Worker:
    """One process that tries programs, one at a time; started when it is first needed."""

    def __init__(self, number: int, memory: int, processes: int, places: Iterable[str]) -> None:
        self._number = number
        self._memory = memory
        self._processes = processes
        self._places = sorted(set(places))
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._cgroup: Cgroup | None = None
        self._room: tempfile.TemporaryDirectory[str] | None = None
        self._pending = b""

    @property
    def cgroup(self) -> Cgroup | None:
        """The control group of a running worker."""
        return self._cgroup

    def start(self) -> None:
        """Start the process and wait until its wall stands. Raises `JudgeError`."""
        if self._process is not None:
            return
        library = contain_library()
        python = interpreter()
        self._room = tempfile.TemporaryDirectory(prefix="sodakd-box-")
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
            "places": [
                str(python.parent.parent),
                str(_PACKAGE),
                str(library.parent),
                *self._places,
            ],
            "room": self._room.name,
            "library": seen(str(library)),
            "cgroup": self._cgroup.join if self._cgroup else -1,
            "events": self._cgroup.events if self._cgroup else -1,
            "statistics": self._cgroup.statistics if self._cgroup else -1,
        }
        main = _MAIN.format(str(_PACKAGE.parent))
        with theirs:
            self._process = subprocess.Popen(
                [str(python), "-I", "-S", "-B", "-c", main, json.dumps(start)],
                stdin=subprocess.DEVNULL,
                env={"PYTHONHASHSEED": "0"},
                cwd="/",
                pass_fds=handed,
                start_new_session=True,  # Ctrl-C is the first process's to answer
            )
        self._connection = ours
        said = self._read()
        if "failed" in said:
            self.close()
            raise JudgeError(f"{_ADVICE} (it said: {said['failed']})")

    def ask(self, task: Task, script: str | None) -> Task:
        """Try one program. Raises `JudgeError` where the worker fails."""
        return self._asked({**task, "has_script": script is not None}, [script])

    def ask_all(self, tasks: Sequence[Task], scripts: Sequence[str | None]) -> list[Task]:
        """Try several programs of one language as one request: what `ask` says of each."""
        pairs = zip(tasks, scripts, strict=True)
        batch: list[JsonValue] = [{**task, "has_script": one is not None} for task, one in pairs]
        said = self._asked({"batch": batch}, scripts)["batch"]
        assert isinstance(said, list)
        return [one for one in said if isinstance(one, dict)]

    def ask_tool(self, request: Task) -> Task:
        """Have a static tool read programs. Raises `JudgeError` where the worker fails."""
        return self._asked({"tool": request}, ())

    def _asked(self, request: Task, scripts: Sequence[str | None]) -> Task:
        self.start()
        assert self._connection is not None
        line = json.dumps(request).encode() + b"\n"
        descriptors: list[int] = []
        try:
            descriptors.extend(_held(script) for script in scripts if script is not None)
            sent = socket.send_fds(self._connection, [line], descriptors) if descriptors else 0
            self._connection.sendall(line[sent:])
        except OSError as error:
            raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        said = self._read()
        if "failed" in said:
            raise WorkerError(f"the sandbox failed: {said['failed']}")
        return said

    def _read(self) -> Task:
        assert self._connection is not None
        while b"\n" not in self._pending:
            try:
                part = self._connection.recv(2**20)
            except OSError as error:
                raise WorkerError(f"a worker of the judge cannot be reached: {error}") from error
            if not part:
                status = self._process.wait() if self._process else None
                raise WorkerError(f"a worker of the judge ended with status {status}")
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
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._cgroup is not None:
            self._cgroup.close()
            self._cgroup = None
        if self._room is not None:
            self._room.cleanup()
            self._room = None


def _held(script: str) -> int:
    """A script in memory, as a descriptor."""
    descriptor = os.memfd_create("script")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(script.encode(errors="surrogatepass"))
    return descriptor
