"""A run so small that a test can afford it: every stage, seconds instead of minutes."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from tests import warm

ROOT = Path(__file__).parents[1]
TRAIN = frozenset({"run", "export", "scorer", "--deep"})
"""Words of commands that need torch."""
AT_IMPORT = ("HF_", "PATH", "PYTHON")
"""How the names of the environment begin that are read when a process, or a library, begins; and
where the compilers lie, which the processes that fork have asked for their versions."""
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
    """Run sodakd to its end: most of its time would be to import what it needs, so it is forked."""
    if TRAIN.isdisjoint(arguments):
        return sodakd_looks(*arguments, **environment)
    return _sodakd(warm.TRAINS, arguments, environment)


def sodakd_looks(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run sodakd, which will not come to train, to its end."""
    return _sodakd(warm.LOOKS, arguments, environment)


def _sodakd(
    libraries: tuple[str, ...], arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    whole = {**os.environ, **environment}
    if any(name.startswith(AT_IMPORT) for name in environment):
        return subprocess.run(
            command(*arguments), capture_output=True, text=True, check=False, timeout=300, env=whole
        )
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        code = warm.start(arguments, whole, out.fileno(), errors.fileno(), libraries).wait()
        texts = []
        for file in (out, errors):
            file.seek(0)
            texts.append(file.read())
    return subprocess.CompletedProcess(arguments, code, *texts)
