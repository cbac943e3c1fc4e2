"""`sodakd compare` for real: killed it goes on, and a seed that fails stops no other."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests import warm
from tests.methods.test_methods_run import LESS
from tests.tiny import sodakd_looks, write_recipe

pytestmark = pytest.mark.toolchain


def words_of(folder: Path, out: Path, *more: str) -> tuple[str, ...]:
    """Two seeds by two methods of the tiny recipe."""
    recipe = folder / "tiny.yaml"
    if not recipe.exists():
        write_recipe(folder)
    named = ("--methods", "soda,sft", "--seeds", "0-1", "--out", str(out))
    return ("compare", str(recipe), *LESS, *named, *more)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison that was never stopped, its runs side by side."""
    folder = tmp_path_factory.mktemp("compared")
    done = sodakd_looks(*words_of(folder, folder / "out", "--jobs", "2"))
    assert done.returncode == 0, done.stderr
    assert "soda less sft" in done.stdout
    recipe = json.loads((folder / "out/seed-0/run.json").read_text())["recipe"]
    assert recipe["equal"] == "money"
    assert "seed 0  soda/cycle-1/pairs" in done.stderr
    assert "soda/cycle-1/pairs" in (folder / "out/seed-1.log").read_text()
    return folder / "out"


@pytest.mark.slow
def test_a_comparison_killed_at_five_random_moments_ends_in_the_same_bytes(
    finished: Path, tmp_path: Path
) -> None:
    words = words_of(finished.parent, tmp_path / "out")
    rng = random.Random(5)
    for _ in range(5):
        read, write = os.pipe()
        with Path(os.devnull).open("wb") as null, os.fdopen(read, encoding="utf-8") as errors:
            process = warm.start(words, os.environ, null.fileno(), write, warm.LOOKS)
            os.close(write)
            told = sum(1 for _ in zip(range(rng.randint(1, 40)), errors, strict=False))
            time.sleep(2 * rng.random())
            process.kill()
            assert process.wait() == -signal.SIGKILL, f"it came to its end after {told} lines"
    assert not (tmp_path / "out/compare.json").exists()
    done = sodakd_looks(*words)
    assert done.returncode == 0, done.stderr
    for name in ("compare.json", "compare.html"):
        assert (tmp_path / "out" / name).read_bytes() == (finished / name).read_bytes()


@pytest.mark.slow
def test_a_finished_comparison_is_read_and_starts_nothing(finished: Path) -> None:
    before = (finished / "compare.json").read_bytes(), (finished / "seed-0.log").read_bytes()
    done = sodakd_looks(*words_of(finished.parent, finished))
    assert done.returncode == 0, done.stderr
    assert "2 of 2 seeds are finished" in done.stderr
    after = (finished / "compare.json").read_bytes(), (finished / "seed-0.log").read_bytes()
    assert after == before


@pytest.mark.slow
def test_a_seed_that_fails_is_named_and_one_with_damaged_results_is_mended(
    finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    shutil.rmtree(out / "seed-1")
    (out / "seed-1").mkdir()
    (out / "seed-1/mine.txt").write_text("not a run's")
    results = out / "seed-0/results.json"
    results.write_bytes(results.read_bytes()[:50])
    done = sodakd_looks(*words_of(finished.parent, out))
    assert done.returncode == 2
    assert "1 of 2 seeds failed" in done.stderr
    assert f"seed 1: {out / 'seed-1'} holds other files and no run" in done.stderr
    assert "mean over 1 seed " in done.stdout
    assert results.read_bytes() == (finished / "seed-0/results.json").read_bytes()


def test_a_wrong_method_or_recipe_is_said_before_anything_begins(tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    wrong = sodakd_looks("compare", recipe, "--methods", "soda,sfd", "--out", str(tmp_path / "o"))
    assert (wrong.returncode, "did you mean sft?" in wrong.stderr) == (2, True)
    assert not (tmp_path / "o").exists()
