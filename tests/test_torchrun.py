"""A run that torchrun starts in two processes is one run, of which one process speaks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import write_recipe

pytestmark = [pytest.mark.toolchain, pytest.mark.slow]


def torchrun(*words: str) -> "subprocess.CompletedProcess[str]":
    """`torchrun --nproc-per-node 2 -m sodakd WORDS`, to its end."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    return subprocess.run(
        [*launcher, "-m", "sodakd", *words], capture_output=True, text=True, check=False
    )


def test_a_run_of_two_processes_is_told_and_written_once(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("run", str(write_recipe(tmp_path)), "cycles=1", "arms=[soda]", "--out", str(out))
    done = torchrun(*words)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("soda/cycle-1/student  2 processes train") == 1
    assert done.stdout.count("pass@1 by level") == 1
    results = json.loads((out / "results.json").read_text())
    assert [row["name"] for row in results["standings"]] == ["base", "soda-1"]
    again = torchrun(*words)
    assert again.returncode == 0, again.stderr
    assert "processes train" not in again.stderr


def test_a_step_of_fewer_examples_than_processes_is_refused_by_rank_0(tmp_path: Path) -> None:
    few = "training.per_device_train_batch_size=1"
    done = torchrun("run", str(write_recipe(tmp_path)), few, "--out", str(tmp_path / "run"))
    assert done.returncode == 1
    assert done.stderr.count("training: examples of a step: 1, and 2 processes") == 1
    assert not (tmp_path / "run").exists()
