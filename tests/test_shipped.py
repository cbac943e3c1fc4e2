"""The recipe of the first command, run as it is shipped but for its sizes."""

from pathlib import Path

from sodakd.store import read_rows
from sodakd.types import Pair
from tests.tiny import ROOT, sodakd

SMALL = (
    "cycles=1", "control=false", "questions.seeds=40", "base.questions=60",
    "base.training.max_steps=2", "base.training.threads=1", "training.max_steps=2",
    "feedback.probes=8", "feedback.max_new_tokens=8",
    "evaluation.questions_per_level=2", "evaluation.max_new_tokens=8",
)  # fmt: skip


def test_the_shipped_embedded_recipe_comes_to_its_report(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = sodakd("run", str(ROOT / "recipes" / "embedded.yaml"), *SMALL, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert len(read_rows(out / "cycle-1/pairs.jsonl", Pair)) > 20
    assert (out / "student" / "model.safetensors").exists()
    assert (out / "report.html").exists()
