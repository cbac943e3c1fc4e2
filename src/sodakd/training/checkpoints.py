"""Checkpoints of a training that can be killed at any moment.

A checkpoint is written into `checkpoints/.part` and moved to its name when it is complete, so
every `checkpoint-N` that is there can be gone on from.
"""

import shutil
from pathlib import Path

from pydantic import Field, ValidationError

from sodakd.errors import TrainingError
from sodakd.records import TrainLogRow
from sodakd.types import FrozenModel

PROGRESS = "progress.json"


class RunningSums(FrozenModel):
    """Sums over the steps since the last logged row, from which the next row's means come."""

    steps: int = 0
    examples: int = 0
    pairs: int = 0
    tokens: int = 0
    loss: float = 0.0
    nll: float = 0.0
    contrast: float = 0.0
    chosen: float = 0.0
    rejected: float = 0.0
    gap: float = 0.0
    ranked: int = 0

    def plus(self, other: "RunningSums") -> "RunningSums":
        """The sums of both."""
        mine, theirs = self.model_dump(), other.model_dump()
        return RunningSums(**{name: value + theirs[name] for name, value in mine.items()})


class TrainState(FrozenModel):
    """The state of a training beside its weights: rows it has logged, sums it has not yet."""

    identity: str
    rows: tuple[TrainLogRow, ...] = ()
    window: RunningSums = Field(default_factory=RunningSums)
    examples: int = 0
    tokens: int = 0


class Checkpoints:
    """The checkpoints of the training in one output folder."""

    def __init__(self, out: Path) -> None:
        self.folder = out / "checkpoints"
        self.part = self.folder / ".part"
        self.advice = f"to train anew, delete {self.folder}"

    def newest(self) -> Path | None:
        """The newest complete checkpoint."""
        found = {
            int(path.name.removeprefix("checkpoint-")): path
            for path in self.folder.glob("checkpoint-*")
        }
        return found[max(found)] if found else None

    def read(self, checkpoint: Path, identity: str) -> TrainState:
        """Return the state of the training at a checkpoint.

        Raises TrainingError where the checkpoint is damaged, or of another training.
        """
        try:
            progress = TrainState.model_validate_json((checkpoint / PROGRESS).read_bytes())
        except (FileNotFoundError, ValidationError):
            raise TrainingError(f"{checkpoint} is damaged; {self.advice}") from None
        if progress.identity != identity:
            raise TrainingError(
                f"{checkpoint} is of a training with other examples, settings, seed or start;"
                f" {self.advice}"
            )
        return progress

    def complete(self, step: int, progress: TrainState) -> None:
        """Make the checkpoint that stands in `.part` count, and drop the older ones."""
        name = f"checkpoint-{step}"
        written = self.part / name
        (written / PROGRESS).write_text(progress.model_dump_json(), encoding="utf-8")
        older = list(self.folder.glob("checkpoint-*"))
        written.rename(self.folder / name)
        for path in older:
            self._remove(path)

    def discard_unfinished(self) -> None:
        """Drop what a killed training left half written."""
        shutil.rmtree(self.part, ignore_errors=True)

    def remove(self) -> None:
        """Drop all checkpoints, once the training's result is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove(self, path: Path) -> None:
        """Drop a checkpoint: first out of its name, so that half of it never counts."""
        self.part.mkdir(exist_ok=True)
        path.rename(self.part / path.name)
        shutil.rmtree(self.part / path.name)
