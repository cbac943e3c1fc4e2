"""Recipes that need no GPU and no key, run as they are shipped but for their sizes.

`replay` is in `teacher/test_replay_recipe.py`.
"""

from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.records import Feedback
from sodakd.teacher.spend_report import spend_by
from sodakd.types import PreferencePair
from tests.real_data import real_data
from tests.servers.running import serving
from tests.test_kill import contents
from tests.tiny import ROOT, sodakd

pytestmark = pytest.mark.toolchain

EMBEDDED = (
    "cycles=1", "arms=[soda]", "questions.seeds=40", "base.questions=60",
    "base.training.max_steps=2", "base.training.threads=1", "training.max_steps=2",
    "feedback.probes=8", "feedback.max_new_tokens=8",
    "evaluation.questions_per_level=2", "evaluation.max_new_tokens=8",
)  # fmt: skip
LOCAL_SERVER = (
    "questions.tests=none", "delivery.unverified_faults=keep",
    "questions.seeds=24", "questions.hold_out=6", "questions.max_words=40",
    "base.questions=60", "base.training.max_steps=2", "training.max_steps=2",
    "delivery.solve_attempts=2", "delivery.fault_attempts=2",
    "feedback.probes=6", "feedback.max_new_tokens=16", "evaluation.max_new_tokens=16",
    "update.new_questions=8", "update.near_duplicate=0.95",
)  # fmt: skip


def test_the_shipped_embedded_recipe_comes_to_its_report(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = sodakd("run", str(ROOT / "recipes" / "embedded.yaml"), *EMBEDDED, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert len(read_rows(out / "soda/cycle-1/pairs.jsonl", PreferencePair)) > 20
    assert (out / "student" / "model.safetensors").exists()
    assert (out / "report.html").exists()


def test_the_shipped_local_server_recipe_learns_from_a_teacher_over_http(tmp_path: Path) -> None:
    source, out = real_data("codealpaca/code_alpaca_2k.json"), tmp_path / "run"
    with serving(str(source), module="alpaca") as server:
        place = ("teacher.model=alpaca", f"teacher.base_url={server.url}")
        recipe = str(ROOT / "recipes" / "local-server.yaml")
        words = (recipe, *place, f"questions.source={source}", *LOCAL_SERVER, "--out", str(out))
        done = sodakd("run", *words)
        assert done.returncode == 0, done.stderr
        again = sodakd("run", *words)  # finished: nothing is asked
        assert again.returncode == 0, again.stderr
        other = tmp_path / "other"
        answers = str(tmp_path / "answers.jsonl.gz")
        recorded = sodakd("record", str(out), "--out", answers)
        assert recorded.returncode == 0, recorded.stderr
        reused = sodakd("run", *words[:-1], str(other), "--reuse", answers)
        assert reused.returncode == 0, reused.stderr
        (out / "ledger.sqlite").rename(tmp_path / "put-away.sqlite")
        alone = sodakd("run", *words)
        assert alone.returncode == 2
        assert "ledger.sqlite is gone" in alone.stderr
        (tmp_path / "put-away.sqlite").rename(out / "ledger.sqlite")
        books = server.books()
    steps = contents(out)
    del steps["spend.json"]
    assert steps == {name: content for name, content in contents(other).items() if name in steps}
    assert spend_by(other / "ledger.sqlite", "run")[-1].calls == 0
    *_, spent = spend_by(out / "ledger.sqlite", "run")
    assert books == {"answers": spent.calls, "answered_twice": 0}
    assert spent.calls > 50
    assert len(read_rows(out / "soda/cycle-1/pairs.jsonl", PreferencePair)) == 18
    assert len(read_rows(out / "soda/cycle-2/pairs.jsonl", PreferencePair)) > 4
    assert all(
        row.score is not None for row in read_rows(out / "soda/cycle-2/feedback.jsonl", Feedback)
    )
    weights = [
        out / step / "student/model.safetensors"
        for step in ("base", "soda/cycle-1", "soda/cycle-2")
    ]
    assert len({path.read_bytes() for path in weights}) == 3
