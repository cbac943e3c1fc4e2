"""A run so small that a test can afford it: every stage, seconds instead of minutes."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

from tests import warm

ROOT = Path(__file__).parents[1]
TRAIN = frozenset({"run", "export", "--deep"})
"""Words of commands that need torch, most of whose time would be to import it."""
RECIPE = """
name: tiny
cycles: 2
teacher: {prompt_price: 0.15, completion_price: 0.60}
questions: {seeds: 60}
base:
  questions: 120
  shape: {hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64}
  training: {max_steps: 8, logging_steps: 2, save_steps: 4, per_device_train_batch_size: 8}
training:
  {loss: first_difference, max_steps: 8, logging_steps: 2, save_steps: 4,
   per_device_train_batch_size: 8}
feedback: {probes: 12}
update: {new_questions: 40, near_duplicate: 0.95, overlap: 0.9}
evaluation: {questions_per_level: 4, max_new_tokens: 40}
"""


def write_recipe(folder: Path) -> Path:
    """The tiny recipe, as a file."""
    path = folder / "tiny.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def command(*arguments: str) -> list[str]:
    """The command line of sodakd, as a user would start it."""
    return [sys.executable, "-m", "sodakd", *arguments]


def heed_interrupts() -> None:
    """In a process that is about to start: Ctrl-C is not ignored, as it is behind a shell's `&`."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def sodakd(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run sodakd to its end: a command that trains is forked, one with an environment is not."""
    if TRAIN & {*arguments} and not environment:
        return _warm(*arguments)
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )


def _warm(*arguments: str) -> subprocess.CompletedProcess[str]:
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        code = warm.start(arguments, os.environ, out.fileno(), errors.fileno()).wait()
        texts = []
        for file in (out, errors):
            file.seek(0)
            texts.append(file.read())
    return subprocess.CompletedProcess(arguments, code, *texts)
