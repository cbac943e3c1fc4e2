"""A server of models as a process of its own: started when first needed, ended with this one."""

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread

from sodakd.errors import EndpointError
from sodakd.inference.http import is_healthy

_ERROR = re.compile(r"(?:^|\] )[A-Z]\w*(?:Error|Exception): ")
_SUPERVISE = Path(__file__).with_name("supervise.py")


@dataclass(frozen=True)
class Command:
    """What starts a server. In its words `{model}`, `{host}`, `{port}` and `{python}`, what this
    process runs by, are filled in.

    `section` of the recipe is the one that names it. `environment` is laid over that of this
    process; `cores` are those that it may use, all if there are none.
    """

    words: Sequence[str]
    model: str
    port: int | None
    start_seconds: float
    log: Path
    section: str = "teacher"
    environment: Mapping[str, str] = field(default_factory=dict)
    cores: Sequence[int] = ()
    host: str = "127.0.0.1"


class Server:
    """A server of models on this machine. Its output is kept in the log."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._logged = 0

    def start(self) -> str:
        """The base URL of the server, which is started where it is not running.

        Raises:
            EndpointError: it does not start, or does not answer in time; shows the log's end.
        """
        if self._process is None or self._process.poll() is not None:
            self.launch()
            self.wait()
        return self._url

    def launch(self) -> None:
        """Start its process. Raises `EndpointError` where that cannot be; `wait` has to follow."""
        command = self._command
        self._port = command.port or free_port()
        if command.port and is_healthy(self._health):
            raise EndpointError(
                f"a server answers at port {command.port} already, maybe one of a run that was"
                f" killed: end it, or leave {command.section}.port out"
            )
        words = [
            word.replace("{model}", command.model)
            .replace("{host}", command.host)
            .replace("{port}", str(self._port))
            .replace("{python}", sys.executable)
            for word in command.words
        ]
        command.log.parent.mkdir(parents=True, exist_ok=True)
        self._logged = command.log.stat().st_size if command.log.exists() else 0
        begun: Queue[subprocess.Popen[bytes] | OSError] = Queue()
        Thread(target=self._keep, args=(words, begun), name="server", daemon=True).start()
        found = begun.get()
        if isinstance(found, OSError):
            raise EndpointError(
                f"the {command.section}'s server cannot be started: {words[0]}: {found.strerror};"
                f" install it, or say in {command.section}.command what starts it"
            )
        self._process = found
        atexit.register(self.stop)

    def wait(self) -> str:
        """The base URL of the server that was launched, once it answers. Raises as `start` does."""
        assert self._process is not None
        try:
            self._wait(self._process)
        except BaseException:
            self.stop()  # it is of no use to anyone
            raise
        return self._url

    @property
    def process(self) -> int:
        """The number of the process that was launched."""
        return 0 if self._process is None else self._process.pid

    def ended(self) -> str | None:
        """Why it answers no more, in a line, where its process has ended by itself; else None."""
        if self._process is None or self._process.poll() is None:
            return None
        last = self._new_lines()[-1:] or ["nothing"]
        return (
            f"its process ended with status {self._process.returncode}, the last that it wrote is"
            f" {last[0].strip()} ({self._command.log})"
        )

    def stop(self) -> None:
        """End it and its children: asked first, killed after a few seconds."""
        process = self._process
        if process is None:
            return
        for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(process.pid, number)
                process.wait(seconds)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
            break
        with suppress(ProcessLookupError):  # children that outlived it
            os.killpg(process.pid, signal.SIGKILL)
        self._process = None
        atexit.unregister(self.stop)

    def _keep(
        self, words: Sequence[str], begun: "Queue[subprocess.Popen[bytes] | OSError]"
    ) -> None:
        """Start it from a thread that outlives it: the kernel ends it with the thread that did."""
        if shutil.which(words[0]) is None:
            begun.put(FileNotFoundError(2, "not found"))
            return
        cores = ",".join(map(str, self._command.cores))
        with self._command.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", str(_SUPERVISE), str(os.getpid()), cores, *words],
                env={**os.environ, **self._command.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        begun.put(process)
        process.wait()

    @property
    def _url(self) -> str:
        return f"http://{self._command.host}:{self._port}/v1"

    @property
    def _health(self) -> str:
        return f"http://{self._command.host}:{self._port}/health"

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + self._command.start_seconds
        while time.monotonic() < until:
            if process.poll() is not None:
                raise EndpointError(
                    f"the {self._command.section}'s server ended with status"
                    f" {process.returncode}:\n{self._tail()}"
                )
            if is_healthy(self._health):
                return
            time.sleep(0.2)
        raise EndpointError(
            f"the {self._command.section}'s server did not answer within"
            f" {self._command.start_seconds:g} s ({self._command.section}.start_seconds):"
            f"\n{self._tail()}"
        )

    def _tail(self) -> str:
        """The end of what this server wrote, and its first error: that may be the cause of all."""
        lines = self._new_lines()
        end = lines[-15:]
        cause = [line for line in lines[:-15] if _ERROR.search(line)][:1]
        return "\n".join([*cause, *end, f"the whole log: {self._command.log}"])

    def _new_lines(self) -> list[str]:
        log = self._command.log.read_bytes()[self._logged :]
        return log.decode("utf-8", "replace").splitlines()


def free_port() -> int:
    """A port of this machine at which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
