"""Processes that train together come to the student of one; one that is killed ends them all."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from sodakd.records import TrainLogRow
from sodakd.training.losses import LOSSES
from sodakd.training.train import train
from tests.training.test_resume import written
from tests.training.together import CASES, KILLED, LAUNCHES, free_port, start
from tests.warm import Started

pytestmark = pytest.mark.heavy

Ended = tuple[int, str]
"""An exit code, and what was said."""


def ended(processes: Sequence[tuple[Started, IO[str]]]) -> list[Ended]:
    """How processes end."""
    found = []
    for process, says in processes:
        with says:
            said = says.read()
        found.append((process.wait(), said))
    return found


@pytest.fixture(scope="module")
def killed(
    student: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, list[Ended]]:
    """Where two processes trained until the second was killed, its id, and how they ended."""
    out = tmp_path_factory.mktemp("killed")
    leads, follows = start(str(student), str(out), f"FSDP2:{free_port()}", KILLED)
    for line in leads[1]:
        if line == "step 5\n":
            break
    follows[0].kill()
    return out / "FSDP2" / KILLED, follows[0].pid, ended([leads, follows])


@pytest.fixture(scope="module")
def together(
    student: Path,
    killed: tuple[Path, int, list[Ended]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Where two processes have trained every case, and went on with that of the killed ones."""
    out = tmp_path_factory.mktemp("together")
    for way in LAUNCHES:
        shutil.copytree(killed[0], out / way / KILLED)
        assert (out / way / KILLED / "checkpoints" / "checkpoint-4").exists()
    ways = ",".join(f"{way}:{free_port()}" for way in LAUNCHES)
    found = ended(start(str(student), str(out), ways, *CASES))
    assert [code for code, _ in found] == [0, 0], found
    return out


@pytest.fixture(scope="module")
def alone(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one process has trained every case."""
    out = tmp_path_factory.mktemp("alone")
    for name, case in CASES.items():
        (out / name).mkdir()
        train(student, case.examples, case.settings, 0, out / name, None, case.student, ["Add."])
    return out


@pytest.mark.parametrize("way", LAUNCHES)
@pytest.mark.parametrize("name", CASES)
def test_two_processes_come_to_the_student_of_one(
    way: str, name: str, together: Path, alone: Path, student: Path
) -> None:
    one, two = weights(alone / name), weights(together / way / name)
    assert (one - two).abs().max() <= 1e-6
    assert (one - two).norm() <= 1e-3 * (one - weights(student)).norm()
    for ours, theirs in zip(written(together / way / name), written(alone / name), strict=True):
        assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-5, abs=1e-5)


def test_every_loss_is_trained_together() -> None:
    assert {case.settings.loss for case in CASES.values()} == {"none", *LOSSES}


def test_a_process_that_is_killed_ends_the_others_which_name_it(
    killed: tuple[Path, int, list[Ended]],
) -> None:
    _, process, ((code, said), (killed_code, _)) = killed
    assert killed_code == -signal.SIGKILL
    assert code == 2
    assert "Traceback" not in said
    assert "rank 0 of 2 on" in said
    assert f"has lost rank 1 (process {process} on" in said
    assert "Run the same command again" in said


def weights(folder: Path) -> Tensor:
    """All weights of a student, in the order of their names."""
    found = load_file(folder / "model.safetensors")
    return torch.cat([found[name].flatten() for name in sorted(found)])


def numbers(row: TrainLogRow) -> dict[str, float]:
    """What a row tells, but for clocks."""
    return row.model_dump(exclude={"tokens_per_second"}, exclude_none=True)
