"""A run on questions without tests, over HTTP: they get tests, and a kill changes nothing of it."""

import json
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.records import Refusal
from sodakd.run import read_manifest
from sodakd.types import CallTests, PreferencePair, Question
from tests.servers.lists import texts
from tests.servers.running import serving
from tests.test_kill import contents, kill_in
from tests.tiny import sodakd

pytestmark = pytest.mark.toolchain

RECIPE = """
name: untested
cycles: 2
arms: [soda]
teacher: {{kind: openai, model: lists, base_url: '{url}', seed: 0, max_in_flight: 4,
  prompt_price: 0, completion_price: 0}}
questions: {{source: '{source}', seeds: 30, hold_out: 4, near_duplicate: 1}}
base:
  questions: 40
  shape: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64}}
  training: {{max_steps: 2, per_device_train_batch_size: 4}}
training: {{loss: first_difference, max_steps: 2, per_device_train_batch_size: 4}}
delivery: {{on_policy_share: 0.5}}
feedback: {{probes: 6, max_new_tokens: 16}}
update: {{new_questions: 6, near_duplicate: 1, overlap: 1}}
evaluation: {{max_new_tokens: 16}}
"""
KILLS = (
    "soda/seeds/tests  inputs to test by",
    "soda/seeds/tests  solutions to agree",
    "soda/cycle-1/questions  solutions to agree",
)


def write(folder: Path, url: str) -> Path:
    source = folder / "lists.jsonl"
    rows = [{"instruction": text, "output": "print(1)"} for text in texts()]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "untested.yaml"
    path.write_text(RECIPE.format(url=url, source=source))
    return path


def test_untested_questions_get_tests_and_a_killed_run_ends_in_the_same_files(
    tmp_path: Path,
) -> None:
    out, killed = tmp_path / "run", tmp_path / "killed"
    with serving(module="lists") as server:
        recipe = write(tmp_path, server.url)
        done = sodakd("run", str(recipe), "--out", str(out), "--no-preflight")
        assert done.returncode == 0, done.stderr
        answers = server.books()["answers"]
        assert server.books()["answered_twice"] == 0
    with serving(module="lists") as server:
        recipe = write(tmp_path, server.url)
        for stage in KILLS:
            words = ("--no-preflight", f"teacher.base_url={server.url}")
            assert kill_in(stage, recipe, killed, *words), stage
        again = sodakd("run", str(recipe), "--out", str(killed), "--no-preflight")
        assert again.returncode == 0, again.stderr
        books = server.books()
    expected, found = contents(out), contents(killed)
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert books["answers"] <= answers + 4 * len(KILLS)  # what was in flight at the kills

    seeds = read_rows(out / "soda/seeds/tests.jsonl", Question)
    tally = next(
        step for step in read_manifest(out / "soda/manifest.jsonl") if step.step == "seeds/tests"
    ).tally
    assert sum(tally.get(f"{what} python", 0) for what in ("tested", *Refusal)) == 30
    assert tally["tested python"] == tally["kept"] == len(seeds)
    assert tally["no_function python"] > 0
    assert tally["no_agreement python"] > 0
    assert tally["killed python"] > tally["mutants python"] / 2
    for each in seeds:
        assert isinstance(each.tests, CallTests)
        assert each.reference is not None
        space: dict[str, object] = {}
        exec(each.reference, space)
        solve = space["solve"]
        assert callable(solve)
        assert all(solve(*case.arguments) == case.expected for case in each.tests.cases)
    pairs = read_rows(out / "soda/cycle-1/pairs.jsonl", PreferencePair)
    assert pairs
    assert all(pair.chosen == pair.question.reference for pair in pairs)
    assert "Tests by agreement" in (out / "report.html").read_text()
    *_, last = json.loads((out / "results.json").read_text())["standings"]
    steps = read_manifest(out / "soda/manifest.jsonl")
    assert last["teacher_calls"] == sum(step.tally.get("teacher_calls", 0) for step in steps)
    new = read_rows(out / "soda/cycle-1/questions.jsonl", Question)
    assert len(new) == 6
    assert all(each.reference is not None and each.tests is not None for each in new)
