"""The head of a run folder, `run.json`: whose folder it is, and who works in it."""

import fcntl
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from sodakd import __version__
from sodakd.errors import RunError
from sodakd.recipe import differences
from sodakd.store import write_whole

FORMAT = 1
MAY_CHANGE = (
    "budget", "generation.attempts", "generation.base_url", "generation.batch_size",
    "generation.api_key_env", "generation.canary_tolerance", "generation.command",
    "generation.device", "generation.headers", "generation.max_in_flight", "generation.model",
    "generation.port", "generation.query", "generation.start_seconds", "generation.timeout",
    "teacher.api_key_env", "teacher.attempts", "teacher.base_url", "teacher.batch_poll",
    "teacher.batch_size", "teacher.command", "teacher.device", "teacher.headers",
    "teacher.max_in_flight", "teacher.port", "teacher.query", "teacher.start_seconds",
    "teacher.timeout",
    "training.gradient_checkpointing",
    *(
        f"{section}training.{key}"
        for section in ("", "base.")
        for key in ("logging_steps", "report_to", "save_steps")
    ),
)  # fmt: skip
"""Keys that decide nothing of what a run comes to, only how it gets there."""
_SPLIT = ("training.per_device_train_batch_size", "training.gradient_accumulation_steps")
"""A step of so many examples, computed in smaller batches, is the same step."""


def begin(folder: Path, recipe: Mapping[str, JsonValue]) -> None:
    """Write the head of a new run; of one that was begun, see that it is of this recipe.

    Raises:
        RunError: it is of another recipe (the message says what differs), of another version of the
            format, or the folder holds other files.
    """
    path = folder / "run.json"
    head = {"format": FORMAT, "sodakd": __version__, "recipe": dict(recipe)}
    if path.exists():
        old = _read_head(path)
        same_steps = _examples_a_step(old) == _examples_a_step(recipe)
        free = (*MAY_CHANGE, *_SPLIT) if same_steps else MAY_CHANGE
        changed = [line for line in differences(old, dict(recipe)) if not _among(free, line)]
        if changed:
            lines = "\n".join(f"  {line}" for line in changed)
            raise RunError(
                f"{folder} was begun with another recipe:\n{lines}\n"
                "use the old values, or another folder: --out DIR"
            )
        if old == recipe:
            return
    elif any(entry.name != "lock" and entry.suffix != ".part" for entry in folder.iterdir()):
        raise RunError(f"{folder} holds other files and no run; name an empty folder: --out DIR")
    write_whole(path, json.dumps(head, indent=1).encode())


def _among(keys: Sequence[str], line: str) -> bool:
    key = line.partition(":")[0]
    return any(key == free or key.startswith(f"{free}.") for free in keys)


def _examples_a_step(recipe: Mapping[str, JsonValue]) -> int:
    """Examples of one step of the trainings."""
    training = recipe.get("training")
    if not isinstance(training, dict):
        return 1
    counts = (training.get(key.partition(".")[2]) for key in _SPLIT)
    return math.prod(count for count in counts if isinstance(count, int))


def _read_head(path: Path) -> dict[str, JsonValue]:
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        found, recipe = head["format"], head["recipe"]
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read as the head of a run: {error!r}") from None
    if found != FORMAT:
        raise RunError(
            f"{path.parent} is a run of format {found}; this sodakd {__version__} reads format"
            f" {FORMAT}: use the sodakd that made it, or another folder: --out DIR"
        )
    if not isinstance(recipe, dict):
        raise RunError(f"{path} holds no recipe")
    return recipe


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else works in the folder. Raises `RunError` where somebody does."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"another sodakd is working in {folder}; wait for it, or stop it"
            ) from None
        yield
