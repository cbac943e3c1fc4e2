"""A run so small that a test can afford it: every stage, seconds instead of minutes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECIPE = """
name: tiny
cycles: 2
teacher: {prompt_price: 0.15, completion_price: 0.60}
questions: {seeds: 60}
base:
  questions: 120
  training: {max_steps: 8, logging_steps: 2, save_steps: 4}
training: {loss: first_difference, max_steps: 8, logging_steps: 2, save_steps: 4}
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
    """Run sodakd to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )
