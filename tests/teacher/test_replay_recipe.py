"""The shipped replay of the released pairs: what a user runs, made small."""

import subprocess
import sys
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.types import PreferencePair
from tests.real_data import real_data
from tests.tiny import ROOT, sodakd

pytestmark = pytest.mark.toolchain

SMALL = (
    "base.training.max_steps=2", "training.max_steps=2", "questions.seeds=20",
    "base.shape.hidden_size=32", "base.shape.num_hidden_layers=2",
    "base.shape.num_attention_heads=2", "base.shape.intermediate_size=64",
    "evaluation.max_new_tokens=4", "feedback.max_new_tokens=4",
)  # fmt: skip


def test_the_released_pairs_are_replayed_verified_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = real_data("sodacoder/pairwise_data.json").parent
    script = [sys.executable, str(ROOT / "scripts" / "sodacoder_replay.py"), str(folder)]
    script += ["answers.jsonl", "--questions", "questions.jsonl"]
    subprocess.run(script, cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    done = sodakd("run", str(ROOT / "recipes" / "replay.yaml"), *SMALL, "--out", "run")
    assert done.returncode == 0, done.stderr
    pairs = read_rows(tmp_path / "run" / "soda" / "cycle-1" / "pairs.jsonl", PreferencePair)
    assert len(pairs) >= 8
    assert all(pair.chosen != pair.rejected for pair in pairs)
