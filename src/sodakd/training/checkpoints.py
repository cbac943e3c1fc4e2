"""Checkpoints of a training that can be killed at any moment.

A checkpoint is written into `checkpoints/.part` and moved to its name when all of it is on the
disk, so every `checkpoint-N` that is there can be gone on from. One that was damaged since is known
by its files' hashes, and dropped.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import Field, ValidationError

from sodakd.errors import TrainingError
from sodakd.jsonl import fsync_dir, fsync_files
from sodakd.records import TrainLogRow
from sodakd.types import FrozenModel
from sodakd.weights import hash_file

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
    """The state of a training beside its weights: rows it has logged, sums it has not yet.

    `files` are the hashes of the files that its checkpoint has beside it.
    """

    identity: str
    rows: tuple[TrainLogRow, ...] = ()
    window: RunningSums = Field(default_factory=RunningSums)
    examples: int = 0
    tokens: int = 0
    files: dict[str, str] = Field(default_factory=dict)


class Checkpoints:
    """The checkpoints of the training in one output folder."""

    def __init__(self, out: Path) -> None:
        self.folder = out / "checkpoints"
        self.part = self.folder / ".part"

    def resume(
        self, identity: str, remark: Callable[[str], None] | None = None
    ) -> tuple[Path, TrainState] | None:
        """The newest checkpoint that is whole, with its state, or None.

        Damaged ones are dropped, which `remark` is told. Raises TrainingError where one is of
        another training.
        """
        found = {
            int(path.name.removeprefix("checkpoint-")): path
            for path in self.folder.glob("checkpoint-*")
        }
        for step in sorted(found, reverse=True):
            state = self._read(found[step], identity)
            if state is not None:
                return found[step], state
            self._remove(found[step])
            if remark is not None:
                remark(f"{found[step]} was damaged and is removed: training goes on without it")
        return None

    def _read(self, checkpoint: Path, identity: str) -> TrainState | None:
        """The state of the training at a checkpoint; None where a file of it is damaged."""
        try:
            progress = TrainState.model_validate_json((checkpoint / PROGRESS).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        if progress.identity != identity:
            raise TrainingError(
                f"{checkpoint} is of a training with other examples, settings, seed or start;"
                f" to train anew, delete {self.folder}"
            )
        return progress if progress.files.items() <= _hashes(checkpoint).items() else None

    def complete(self, step: int, progress: TrainState) -> None:
        """Make the checkpoint that stands in `.part` count, and drop the older ones."""
        name = f"checkpoint-{step}"
        written = self.part / name
        progress = progress.model_copy(update={"files": _hashes(written)})
        (written / PROGRESS).write_text(progress.model_dump_json(), encoding="utf-8")
        fsync_files(written)
        older = list(self.folder.glob("checkpoint-*"))
        written.rename(self.folder / name)
        fsync_dir(self.folder)
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


def _hashes(folder: Path) -> dict[str, str]:
    """The hash of each file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}
