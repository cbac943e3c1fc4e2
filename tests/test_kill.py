"""A run killed in every stage, with a real SIGKILL, ends in the same files as one never stopped."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests import warm
from tests.tiny import command, heed_interrupts, sodakd, write_recipe

pytestmark = pytest.mark.toolchain

# What a run says on standard error when it is inside each stage; `4/8` is behind a checkpoint.
STAGES = (
    "questions/test",
    "base/student  train  2/8",
    "base/student  train  6/8",
    "base/evaluation  the student answers  4/20",
    "soda/cycle-1/pairs  correct solutions",
    "soda/cycle-1/pairs  faulty solutions",
    "soda/cycle-1/student  train  6/8",
    "soda/cycle-1/evaluation",
    "soda/cycle-1/feedback  the teacher grades",
    "soda/cycle-1/questions",
    "soda/cycle-2/pairs  verify by running",
    "soda/cycle-2/student  train  2/8",
    "soda/cycle-2/feedback  the student answers  3/12",
    "sft/solutions",
    "sft/student  train",
    "sft/evaluation",
)
# Clocks differ from run to run, and what is made from them.
CLOCKS = {
    "events.jsonl", "efficiency.json", "report.html", "lock", "ledger.sqlite", "run.json", "run.log"
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run that must repeat, by its path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name in CLOCKS or path.name.startswith("ledger.sqlite-"):
            continue
        content = path.read_bytes()
        if path.name == "log.jsonl":
            rows = [json.loads(line) for line in content.splitlines()]
            for row in rows:
                for clock in ("tokens_per_second", "seconds"):
                    row.pop(clock, None)
            content = json.dumps(rows).encode()
        found[name] = content
    return found


def kill_in(stage: str, recipe: Path, out: Path, *others: str) -> bool:
    """Run until standard error tells of the stage, then SIGKILL; whether it came to that."""
    read, write = os.pipe()
    with Path(os.devnull).open("wb") as null, os.fdopen(read, encoding="utf-8") as errors:
        words = ("run", str(recipe), *others, "--out", str(out))
        process = warm.start(words, os.environ, null.fileno(), write)
        os.close(write)
        if not any(line.startswith(stage) for line in errors):
            process.wait()
            return False
        process.kill()
        return process.wait() == -signal.SIGKILL


def test_a_run_killed_in_every_stage_ends_in_the_same_files(
    finished_run: Path, tmp_path: Path
) -> None:
    recipe, out = write_recipe(tmp_path), tmp_path / "run"
    killed = [stage for stage in STAGES if kill_in(stage, recipe, out)]
    assert killed == list(STAGES)
    done = sodakd("run", str(recipe), "--out", str(out))
    assert done.returncode == 0, done.stderr
    expected, found = contents(finished_run), contents(out)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
    assert len(expected) > 20
    # No call is made twice, but for the one that each kill can catch in flight.
    with sqlite3.connect(out / "ledger.sqlite") as ledger:
        answered, asked = ledger.execute("select count(*), sum(attempts) from calls").fetchone()
        unanswered = ledger.execute("select count(*) from calls where reply is null").fetchone()[0]
    ledger.close()
    assert unanswered == 0
    assert asked - answered <= len(STAGES)


def test_a_finished_run_is_read_back_and_asks_nothing(finished_run: Path) -> None:
    before = contents(finished_run)
    done = sodakd("run", str(finished_run.parent / "tiny.yaml"), "--out", str(finished_run))
    assert done.returncode == 0, done.stderr
    assert "pass@1" in done.stdout
    assert "train" not in done.stderr
    assert contents(finished_run) == before


def test_dropping_steps_makes_them_again_alike(finished_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished_run, out)
    recipe = str(finished_run.parent / "tiny.yaml")
    for step in ("sft/student", "soda/cycle-2/feedback"):
        done = sodakd("run", recipe, "--out", str(out), "--from", step)
        assert done.returncode == 0, done.stderr
        assert contents(out) == contents(finished_run)


def test_ctrl_c_says_how_to_go_on_and_nothing_else(tmp_path: Path) -> None:
    recipe, out = write_recipe(tmp_path), tmp_path / "run"
    with subprocess.Popen(
        command("run", str(recipe), "--no-preflight", "--out", str(out)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it has no threads
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("base/evaluation"):
                os.killpg(process.pid, signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "the same command goes on" in rest
    assert "Traceback" not in rest
