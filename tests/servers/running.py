"""The fault server of `completions.py`, started and stopped around a test."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    """A server that runs. `url` is its base URL."""

    url: str
    process: "subprocess.Popen[str]"

    def books(self) -> dict[str, int]:
        """What the server counted."""
        with urlopen(f"{self.url.removesuffix('/v1')}/books", timeout=10) as reply:
            found: dict[str, int] = json.loads(reply.read())
        return found


@contextmanager
def serving(*options: str, module: str = "completions") -> Iterator[Running]:
    """A server with these options, in a process of its own."""
    command = [sys.executable, "-m", f"tests.servers.{module}", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Running(process.stdout.readline().strip(), process)
        finally:
            process.kill()
