"""A run whose answers a trained scorer grades, killed in each of its steps: the same files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.records import Feedback, Grader
from sodakd.scoring.grades import read_grades
from tests.test_kill import contents, kill_in
from tests.tiny import sodakd

pytestmark = [pytest.mark.toolchain, pytest.mark.slow]

RECIPE = """
name: scored
cycles: 2
arms: [soda]
questions: {seeds: 44}
base:
  questions: 40
  shape: {hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64}
  training: {max_steps: 4, per_device_train_batch_size: 8}
training: {loss: first_difference, max_steps: 4, per_device_train_batch_size: 8}
feedback: {probes: 24, max_new_tokens: 24, scorer: trained}
scorer: {min_spearman: -1, min_auc: null, pair_share: 0.5, training: {epochs: 2, max_length: 96}}
update: {new_questions: 24, near_duplicate: 0.95, overlap: 0.9}
evaluation: {questions_per_level: 1, max_new_tokens: 24}
"""
KILLS = (
    "soda/cycle-2/pair-grades  the teacher grades",
    "soda/cycle-2/scorer  train  1/2",
    "soda/cycle-2/refresh  the teacher grades",
    "soda/cycle-2/refresh-check",
    "soda/cycle-2/feedback  the scorer grades",
)


def test_a_run_killed_in_each_step_of_its_scorer_ends_in_the_same_files_and_asks_nothing_twice(
    tmp_path: Path,
) -> None:
    recipe, out, killed = tmp_path / "scored.yaml", tmp_path / "run", tmp_path / "killed"
    recipe.write_text(RECIPE, encoding="utf-8")
    words = ("run", str(recipe), "--no-preflight")
    done = sodakd(*words, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert [kill_in(stage, recipe, killed, "--no-preflight") for stage in KILLS] == [True] * 5
    done = sodakd(*words, "--out", str(killed))
    assert done.returncode == 0, done.stderr
    assert contents(killed) == contents(out)
    with closing(sqlite3.connect(killed / "ledger.sqlite")) as ledger:
        answered, asked = ledger.execute("select count(*), sum(attempts) from calls").fetchone()
    assert asked - answered <= len(KILLS)  # what a kill can catch in flight
    rows = read_rows(out / "soda/cycle-2/feedback.jsonl", Feedback)
    scored = [row for row in rows if row.grader is Grader.SCORER]
    assert (len(rows), len(scored)) == (24, 19)
    assert all("the scorer gave" in row.reason for row in scored)
    found = read_grades(out)
    assert len(found.rows) <= 24 + 5  # none of the scorer's: no scorer learns from another
    assert sum("a scorer gave" in line for line in found.left_out) == 19
