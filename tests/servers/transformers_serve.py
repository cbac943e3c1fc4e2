"""`transformers serve --continuous-batching` on a folder, behind a proxy that counts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from sodakd.inference.model_server import Command, Server
from tests.servers.running import ROOT


@dataclass(frozen=True)
class Counts:
    """What the proxy counted, by a hash of each request's body."""

    asked: Mapping[str, int]
    delivered: Mapping[str, int]
    statuses: Mapping[str, int]
    in_flight: int


@dataclass(frozen=True)
class Served:
    """A real server that runs. `url` is its base URL, by way of the proxy."""

    url: str

    def counts(self) -> Counts:
        """What was asked and delivered so far."""
        with urlopen(f"{self.url.removesuffix('/v1')}/counts", timeout=30) as reply:
            return Counts(**json.loads(reply.read()))

    def hold(self) -> None:
        """Let no answer out until `go`."""
        self._post("hold")

    def go(self) -> None:
        """Let answers out again."""
        self._post("go")

    def _post(self, name: str) -> None:
        address = f"{self.url.removesuffix('/v1')}/{name}"
        with urlopen(Request(address, data=b"", method="POST"), timeout=30):
            pass


@contextmanager
def serving_model(model: Path, log: Path) -> Iterator[Served]:
    """Serve a model's folder. The server's output goes to `log`.

    The cache takes 512 pages of 32 tokens: a prompt that is longer than all of them would end the
    server's worker for good, with a 503 for every call after it.
    """
    program = Path(sys.executable).with_name("transformers")
    words = (
        str(program), "serve", "{model}", "--continuous-batching", "--device", "cpu",
        "--cb-block-size", "32", "--cb-num-blocks", "512", "--host", "127.0.0.1",
        "--port", "{port}",
    )  # fmt: skip
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    server = Server(Command(words, str(model), None, 180.0, log))
    target = server.start().removesuffix("/v1")
    command = [sys.executable, "-m", "tests.servers.counting", target]
    try:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as proxy:
            assert proxy.stdout is not None
            try:
                yield Served(proxy.stdout.readline().strip())
            finally:
                proxy.kill()
    finally:
        server.stop()
