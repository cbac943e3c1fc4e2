"""A training that is killed, stopped or repeated ends in the same bytes."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sodakd.errors import TrainingError
from sodakd.records import TrainLogRow
from sodakd.settings.training import TrainingSettings
from sodakd.training.checkpoints import PROGRESS, Checkpoints, TrainState
from sodakd.training.reference import REFERENCE
from sodakd.training.train import train
from tests.training.questions import synthetic

pytestmark = pytest.mark.heavy

EXAMPLES = synthetic(64)
SETTINGS = TrainingSettings(
    max_steps=14,
    per_device_train_batch_size=8,
    loss="first_difference",
    warmup_steps=2,
    save_steps=4,
    logging_steps=3,
)


DPO = SETTINGS.model_copy(
    update={"loss": "dpo", "logging_steps": 1, "save_steps": 2, "max_steps": 4}
)


class Stopped(RuntimeError):
    """Stands for a kill."""


def stop_at(step: int) -> Callable[[TrainLogRow], None]:
    def stop(row: TrainLogRow) -> None:
        if row.step >= step:
            raise Stopped

    return stop


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def measured(rows: list[TrainLogRow]) -> list[TrainLogRow]:
    """Rows without what never repeats."""
    return [row.model_copy(update={"tokens_per_second": 0.0}) for row in rows]


def written(out: Path) -> list[TrainLogRow]:
    lines = (out / "log.jsonl").read_text().splitlines()
    return [TrainLogRow.model_validate_json(line) for line in lines]


def same(left: Path, right: Path) -> bool:
    name = "model.safetensors"
    return (left / name).read_bytes() == (right / name).read_bytes()


@pytest.fixture(scope="module")
def whole(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that was never stopped."""
    out = tmp_path_factory.mktemp("whole")
    train(student, EXAMPLES, SETTINGS, 0, out)
    return out


@pytest.fixture(scope="module")
def stopped(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with a reference that was stopped behind its checkpoint."""
    out = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Stopped):
        train(student, EXAMPLES, DPO, 0, out, stop_at(3))
    return out


def test_the_same_seed_gives_the_same_bytes(student: Path, whole: Path, tmp_path: Path) -> None:
    rows = train(student, EXAMPLES, SETTINGS, 0, folder(tmp_path / "again"))
    assert same(whole, tmp_path / "again")
    assert measured(rows) == measured(written(whole))


def test_another_seed_gives_other_weights(student: Path, whole: Path, tmp_path: Path) -> None:
    train(student, EXAMPLES, SETTINGS, 1, folder(tmp_path / "other"))
    assert not same(whole, tmp_path / "other")


def test_a_training_stopped_again_and_again_ends_the_same(
    student: Path, whole: Path, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out")
    for step in (6, 9, 12):
        with pytest.raises(Stopped):
            train(student, EXAMPLES, SETTINGS, 0, out, stop_at(step))
    train(student, EXAMPLES, SETTINGS, 0, out)
    assert same(whole, out)


def test_a_stopped_training_with_a_reference_goes_on_with_its_own_in_other_batches(
    student: Path, tmp_path: Path
) -> None:
    settings = DPO
    rows = train(student, EXAMPLES, settings, 0, folder(tmp_path / "whole"))
    assert rows[0].contrast == pytest.approx(math.log(2), abs=1e-5)
    assert rows[-1].contrast != rows[0].contrast
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        train(student, EXAMPLES, settings, 0, out, stop_at(3))
    kept = out / "checkpoints" / REFERENCE
    written_at = kept.stat().st_mtime_ns
    with pytest.raises(Stopped):
        train(student, EXAMPLES, settings, 0, out, stop_at(3))
    assert kept.stat().st_mtime_ns == written_at
    train(student, EXAMPLES, settings, 0, out)
    assert same(tmp_path / "whole", out)
    changed = settings.model_copy(update={"max_tokens_per_batch": 1000})
    other = train(student, EXAMPLES, changed, 0, folder(tmp_path / "other"))
    assert other[-1].loss == pytest.approx(rows[-1].loss, abs=1e-4)


def test_a_budget_too_small_for_an_example_is_said_before_anything_is_trained(
    student: Path, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"max_tokens_per_batch": 20})
    with pytest.raises(
        TrainingError, match=r"max_tokens_per_batch is 20: set it to \d+ or more, and run again"
    ):
        train(student, EXAMPLES, settings, 0, folder(tmp_path / "out"))


def test_how_often_a_stopped_training_is_logged_and_saved_may_change(
    student: Path, whole: Path, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        train(student, EXAMPLES, SETTINGS, 0, out, stop_at(9))
    assert (out / "checkpoints" / "checkpoint-8").exists()
    changed = SETTINGS.model_copy(update={"logging_steps": 1, "save_steps": 5})
    train(student, EXAMPLES, changed, 0, out)
    assert same(whole, out)


def test_a_half_written_checkpoint_does_not_count(
    student: Path, whole: Path, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        train(student, EXAMPLES, SETTINGS, 0, out, stop_at(9))
    half = out / "checkpoints" / ".part" / "checkpoint-12"
    half.mkdir(parents=True, exist_ok=True)
    (half / "model.safetensors").write_bytes(b"half")
    train(student, EXAMPLES, SETTINGS, 0, out)
    assert same(whole, out)


@pytest.mark.parametrize("damage", ["gone", "cut off", "zeros"])
def test_a_checkpoint_any_file_of_which_is_damaged_is_dropped_and_said(
    damage: str, stopped: Path, tmp_path: Path
) -> None:
    files = [path.relative_to(stopped) for path in stopped.glob("checkpoints/checkpoint-2/*")]
    assert {"model.safetensors", "optimizer.pt", PROGRESS} <= {path.name for path in files}
    state = TrainState.model_validate_json((stopped / files[0]).with_name(PROGRESS).read_bytes())
    for number, file in enumerate(files):
        out = tmp_path / str(number)
        shutil.copytree(stopped, out)
        assert Checkpoints(out).resume(state.identity) == (out / file.parent, state)
        content = (out / file).read_bytes()
        if damage == "gone":
            (out / file).unlink()
        else:
            half = content[: len(content) // 2]
            (out / file).write_bytes(half if damage == "cut off" else bytes(len(content)))
        said: list[str] = []
        assert Checkpoints(out).resume(state.identity, said.append) is None
        assert said == [
            f"{out / file.parent} was damaged and is removed: training goes on without it"
        ]
        assert Checkpoints(out).resume(state.identity) is None


def test_a_damaged_checkpoint_leaves_the_one_before_it(stopped: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(stopped, out)
    whole = out / "checkpoints" / "checkpoint-2"
    identity = TrainState.model_validate_json((whole / PROGRESS).read_bytes()).identity
    shutil.copytree(whole, whole.with_name("checkpoint-10"))
    (whole.with_name("checkpoint-10") / "optimizer.pt").write_bytes(b"")
    found = Checkpoints(out).resume(identity)
    assert found is not None
    assert found[0] == whole


def test_a_training_whose_checkpoint_and_reference_are_cut_off_ends_the_same(
    student: Path, stopped: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(stopped, out)
    train(student, EXAMPLES, DPO, 0, out)
    shutil.copytree(stopped, tmp_path / "cut")
    kept = tmp_path / "cut" / "checkpoints"
    for path in (kept / REFERENCE, kept / "checkpoint-2" / "model.safetensors"):
        os.truncate(path, path.stat().st_size // 2)
    said: list[str] = []
    train(student, EXAMPLES, DPO, 0, tmp_path / "cut", remark=said.append)
    assert any("checkpoint-2 was damaged" in words for words in said)
    assert same(out, tmp_path / "cut")


@pytest.mark.slow  # as are the runs that `test_kill.py` kills while they train
def test_a_killed_process_ends_as_one_that_was_not(
    student: Path, whole: Path, tmp_path: Path
) -> None:
    out = folder(tmp_path / "out")
    code = (
        "import sys, time; from pathlib import Path; from sodakd.training.train import train;"
        "from tests.training.test_resume import EXAMPLES, SETTINGS;"
        "wait = lambda row: time.sleep(600 if row.step >= 9 else 0);"
        "train(Path(sys.argv[1]), EXAMPLES, SETTINGS, 0, Path(sys.argv[2]), wait)"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(student), str(out)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
    )
    deadline = time.monotonic() + 60
    while not (out / "checkpoints" / "checkpoint-8").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert (out / "checkpoints" / "checkpoint-8").exists()
    train(student, EXAMPLES, SETTINGS, 0, out)
    assert same(whole, out)


def test_a_checkpoint_of_another_training_is_refused(student: Path, tmp_path: Path) -> None:
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        train(student, EXAMPLES, SETTINGS, 0, out, stop_at(6))
    with pytest.raises(TrainingError, match="other examples, settings, seed or start"):
        train(student, EXAMPLES, SETTINGS, 5, out)


def test_the_last_step_is_logged_and_checkpoints_are_gone(whole: Path) -> None:
    assert [row.step for row in written(whole)] == [3, 6, 9, 12, 14]
    assert not (whole / "checkpoints").exists()
    assert json.loads((whole / "config.json").read_text())["model_type"] == "llama"


def test_the_learning_rate_falls_in_a_line_after_its_warmup(whole: Path) -> None:
    rates = {row.step: row.learning_rate for row in written(whole)}
    # Two of the 14 steps warm up; step 3 is the first of twelve that fall towards zero.
    assert rates == pytest.approx({step: 3e-3 * (15 - step) / 12 for step in rates})


def test_a_constant_learning_rate_has_a_warmup_too(student: Path, tmp_path: Path) -> None:
    asked = {"lr_scheduler_type": "constant", "max_steps": 4, "logging_steps": 1}
    rows = train(student, EXAMPLES, SETTINGS.model_copy(update=asked), 0, tmp_path)
    assert [row.learning_rate for row in rows] == pytest.approx([0, 1.5e-3, 3e-3, 3e-3])


def test_without_faulty_answers_nothing_of_them_is_logged(student: Path, tmp_path: Path) -> None:
    examples = synthetic(16)
    correct = [type(e)(e.prompt, e.chosen, None) for e in examples]
    rows = train(student, correct, SETTINGS.model_copy(update={"max_steps": 3}), 0, tmp_path)
    row = rows[-1]
    assert (row.contrast, row.rejected_logp, row.gap, row.ranking_accuracy) == (None,) * 4
