"""`Run`: a run folder. A step is done when its output exists, so running again resumes.

run.json         format, version and recipe (secrets by name only)
manifest.jsonl   a line per finished step, in order, with the hash of its output
events.jsonl     when steps began and ended, and what they used: no line of it repeats
ledger.sqlite    every call to the teacher
students.jsonl   the students, as each has been evaluated
STEP.jsonl       rows of a step; STEP/ the weights of one
*.part           what a step that is not finished has so far
ARM/             the steps of an arm, with a manifest and events of its own
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from sodakd.errors import RowError, RunError
from sodakd.jsonl import (
    RowFile,
    append_to_log,
    atomic_write,
    fsync_dir,
    fsync_files,
    read_rows,
    write_rows,
)
from sodakd.resource_use import ResourceUse, metered
from sodakd.run_header import NO_MINIMUMS, lock_folder, open_header
from sodakd.types import FrozenModel
from sodakd.weights import check_weights, hash_file, hash_weights

RESUMED = "read back"
EVENTS = "events.jsonl"

Row = TypeVar("Row", bound=FrozenModel)
Rows = TypeVar("Rows", bound=Sequence[FrozenModel])


@dataclass(frozen=True)
class StepOutput(Generic[Row]):
    """The result of a step: its rows, and a tally: counts by name."""

    rows: Sequence[Row]
    tally: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamedOutput(Generic[Row]):
    """The result of a step whose rows come one by one; the tally is filled as they do."""

    rows: Iterable[Row]
    tally: Mapping[str, int]


Output = TypeVar("Output", StepOutput[Any], StreamedOutput[Any])


class Step(FrozenModel):
    """A line of the manifest: a finished step."""

    step: str
    kind: Literal["rows", "weights"]
    path: str
    sha256: str
    rows: int = 0
    tally: dict[str, int] = Field(default_factory=dict)


class Event(FrozenModel):
    """A line of `events.jsonl`: when a step began, was resumed, was going on, or was done.

    `use` is what it has used since it began or was resumed, by this process.
    """

    at: str
    step: str
    event: Literal["start", "resume", "going", "done"]
    seconds: float | None = None
    use: ResourceUse | None = Field(default=None, exclude_if=lambda use: use is None)


@dataclass(frozen=True)
class Progress:
    """The progress of a step: `done` of `total` items, and a note.

    With `remark` the note is a message to keep on the screen and in the log, not a phase.
    """

    step: str
    done: int
    total: int
    note: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    remark: bool = False


ProgressCallback = Callable[[Progress], None]


def no_progress(_: Progress) -> None:
    """Ignore progress."""


class Run:
    """A run folder, open for one process at a time, or the folder of one of its arms.

    `root` is the run's folder; an arm has a `name`: its steps are `NAME/STEP` to the world outside.
    """

    def __init__(
        self, root: Path, on_progress: ProgressCallback = no_progress, name: str = ""
    ) -> None:
        self.root = root
        self.folder = root / name
        self.name = name
        self.on_progress = on_progress
        self.folder.mkdir(parents=True, exist_ok=True)
        self._manifest = self.folder / "manifest.jsonl"
        self._steps = read_manifest(self._manifest)

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        recipe: Mapping[str, JsonValue],
        on_progress: ProgressCallback = no_progress,
        minimums: Mapping[str, int] = NO_MINIMUMS,
    ) -> Iterator[Self]:
        """Open a run folder, new or begun, and lock it; `minimums` are those of `open_header`.

        Raises:
            RunError: the folder belongs to another recipe (the message says what differs), to
                another version of the format, to a running process, or holds other files.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder):
            open_header(folder, recipe, minimums)
            yield cls(folder, on_progress)

    def arm(self, name: str) -> "Run":
        """Return the `Run` of an arm: a folder within this run's."""
        return Run(self.root, self.on_progress, name)

    @property
    def steps(self) -> Sequence[Step]:
        """The finished steps, in order."""
        return tuple(self._steps)

    def done(self, step: str) -> Step | None:
        """Return the manifest entry of a step; None where it is not finished."""
        return next((line for line in self._steps if line.step == step), None)

    def cached_rows(
        self, step: str, row_type: type[Row], build: Callable[[], StepOutput[Row]]
    ) -> list[Row]:
        """Return the rows of a step: from its file if it is done, else built and written."""
        rows = self._rows_if_done(step, lambda path: read_rows(path, row_type))
        if rows is None:
            built = self._write_rows(step, build)
            rows = list(built.rows)
        return rows

    def cached_row_file(
        self, step: str, row_type: type[Row], build: Callable[[], StreamedOutput[Row]]
    ) -> RowFile[Row]:
        """Return the rows of a step as `cached_rows` does, left in their file: they may be many."""
        rows = self._rows_if_done(step, lambda path: RowFile(path, row_type))
        if rows is None:
            self._write_rows(step, build)
            rows = RowFile(self.folder / f"{step}.jsonl", row_type)
        return rows

    def _rows_if_done(self, step: str, read: Callable[[Path], Rows]) -> Rows | None:
        path, finished = self.folder / f"{step}.jsonl", self.done(step)
        if finished is None:
            return None
        advice = f"restore it, or drop the step: --from {self.qualified_step(step)}"
        try:
            rows = read(path)
        except RowError as error:
            raise RowError(f"{error}; {advice}") from None
        if hash_file(path) != finished.sha256:
            raise RunError(
                f"{path} is not the file that step {step} wrote ({len(rows)} rows now,"
                f" {finished.rows} then); {advice}"
            )
        self.generation_cache(step).unlink(missing_ok=True)
        return rows

    def _write_rows(self, step: str, build: Callable[[], Output]) -> Output:
        path, count = self.folder / f"{step}.jsonl", 0

        def counted(rows: Iterable[FrozenModel]) -> Iterator[FrozenModel]:
            nonlocal count
            for count, row in enumerate(rows, start=1):  # noqa: B007
                yield row

        with self._timed(step, resumed=False):
            built = build()
            digest = write_rows(path, counted(built.rows))
        self._finish(
            Step(
                step=step, kind="rows", path=path.relative_to(self.folder).as_posix(),
                sha256=digest, rows=count, tally=dict(built.tally),
            )
        )  # fmt: skip
        self.generation_cache(step).unlink(missing_ok=True)
        return built

    def generation_cache(self, step: str) -> Path:
        """Return the path of the student's cached generations of a step that is not finished."""
        return self.folder / f"{step}.answers.part"

    def cached_model(self, step: str, build: Callable[[Path], Mapping[str, int]]) -> Path:
        """Return the model folder of a step: from disk if it is done, else built.

        `build` works in a folder that outlives a kill, so it finds its checkpoints there when the
        step is run again.
        """
        path = self.folder / step
        finished = self.done(step)
        if finished is not None:
            check_weights(path, finished.sha256, self.qualified_step(step))
            steps = finished.tally.get("train_steps", 0)
            self.report_progress(step, steps, steps, RESUMED)
            return path
        part = path.with_name(path.name + ".part")
        with self._timed(step, resumed=part.exists()):
            if path.exists():  # renamed, and killed before the manifest's line was written
                tally = _read_tally(path)
            else:
                part.mkdir(parents=True, exist_ok=True)
                tally = dict(build(part))
                atomic_write(part / "tally.json", json.dumps(tally).encode())
                fsync_files(part)
                part.replace(path)
                fsync_dir(path.parent)
        self._finish(
            Step(
                step=step, kind="weights", path=path.relative_to(self.folder).as_posix(),
                sha256=hash_weights(path), tally=tally,
            )
        )  # fmt: skip
        return path

    def qualified_step(self, step: str) -> str:
        """Return a step's name in the whole run: in an arm `ARM/STEP`."""
        return f"{self.name}/{step}" if self.name else step

    def report_progress(
        self, step: str, done: int, total: int, note: str = "", **values: float
    ) -> None:
        """Report how many items of a step are done."""
        self.on_progress(Progress(self.qualified_step(step), done, total, note, values))

    def remark(self, step: str, words: str) -> None:
        """Report a message on a step's input that stays on the screen and in the log."""
        self.on_progress(Progress(self.qualified_step(step), 0, 0, words, remark=True))

    def drop_from(self, step: str) -> None:
        """Remove a step and all after it from the manifest, and their output.

        Raises:
            RunError: there is no such finished step; names the ones there are, in the whole run.
        """
        names = [line.step for line in self._steps]
        if step not in names:
            arms = sorted(path.parent.name for path in self.root.glob("*/manifest.jsonl"))
            runs = [Run(self.root), *(Run(self.root, name=arm) for arm in arms)]
            there = [run.qualified_step(line.step) for run in runs for line in run.steps]
            raise RunError(
                f"no finished step {self.qualified_step(step)!r} to drop;"
                f" there are: {', '.join(there)}"
            )
        keep, drop = self._steps[: names.index(step)], self._steps[names.index(step) :]
        write_rows(self._manifest, keep)
        self._steps = keep
        for line in drop:
            path = self.folder / line.path
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for part in [*self.folder.rglob("*.part")]:
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)

    def _finish(self, line: Step) -> None:
        self._steps = [*self._steps, line]
        write_rows(self._manifest, self._steps)

    @contextmanager
    def _timed(self, step: str, *, resumed: bool) -> Iterator[None]:
        with timed(self.folder / EVENTS, step, resumed=resumed):
            self.report_progress(step, 0, 0)
            yield


@contextmanager
def timed(log: Path, step: str, *, resumed: bool) -> Iterator[None]:
    """Log when a step begins and ends, and what it uses meanwhile."""

    def note(kind: Literal["start", "resume", "going", "done"], use: ResourceUse | None) -> None:
        seconds = use.seconds if use is not None and kind == "done" else None
        event = Event(at=_now(), step=step, event=kind, seconds=seconds, use=use)
        append_to_log(log, event.model_dump_json())

    note("resume" if resumed else "start", None)
    with metered(lambda use, done: note("done" if done else "going", use)):
        yield


def read_manifest(path: Path) -> list[Step]:
    """The finished steps of a run, or of one of its arms; none where there is no manifest.

    Raises:
        RowError: a line cannot be read; says what to do about it.
    """
    if not path.exists():
        return []
    try:
        return read_rows(path, Step)
    except RowError as error:
        raise RowError(
            f"{error}; remove that line and all below it, and run the same command again: their"
            " steps are done again, and no answer of the teacher is paid for twice"
        ) from None


def _read_tally(folder: Path) -> dict[str, int]:
    try:
        return TypeAdapter(dict[str, int]).validate_json((folder / "tally.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        raise RowError(
            f"{folder / 'tally.json'} is missing, or cannot be read; remove the folder, and run the"
            " same command again: the step is done again"
        ) from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def cpu_count() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0))
