"""A run whose student answers in two processes, of which one is killed, has the rows of one."""

import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.tiny import command, sodakd, write_recipe

pytestmark = [pytest.mark.toolchain, pytest.mark.slow]

WORDS = ("cycles=1", "arms=[soda]", "generation.batch_size=2")

WORKER = ["-m", "sodakd.inference.worker"]


def rows(folder: Path) -> dict[str, bytes]:
    """The rows of every step, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.jsonl"))
        if path.name not in {"events.jsonl", "log.jsonl"}
    }


def test_a_run_whose_worker_is_killed_says_so_and_ends_in_the_same_rows(tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    done = sodakd("run", recipe, *WORDS, "--out", str(tmp_path / "one"))
    assert done.returncode == 0, done.stderr
    said: list[str] = []
    with subprocess.Popen(
        command("run", recipe, *WORDS, "generation.workers=2", "--out", str(tmp_path / "two")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("base/evaluation  the student answers  2/"):
                started = psutil.Process(process.pid).children(recursive=True)
                workers = [each for each in started if each.cmdline()[1:3] == WORKER]
                workers[0].send_signal(signal.SIGKILL)
            said.append(line)
    assert process.returncode == 0, "".join(said)
    (lost,) = [
        line for line in said if " is lost, and what it was asked goes to the other one" in line
    ]
    assert lost.startswith("generation  worker ")
    assert rows(tmp_path / "two") == rows(tmp_path / "one")
