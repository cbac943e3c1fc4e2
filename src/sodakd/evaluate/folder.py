"""The folder of an evaluation: whose it is, who works in it, and its log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from sodakd.errors import DataError, SodakdError
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.jsonl import append_to_log, atomic_write
from sodakd.run_header import lock_folder
from sodakd.types import FrozenModel, Language

ANSWER = "answer"
"""The step of its events in which the model answers."""
PromptForm = Literal["chat", "continue"]
"""What a model is asked: the task in words, in its chat template; or to continue the task's code,
as base models are."""


class EvalSettings(FrozenModel):
    """The settings of an evaluation: it may go on with the same values, and with more of the same.

    `sha256` is of the file of solutions, or of the weights of a folder: what `source` names is
    known by it, and may lie elsewhere later.
    """

    source: str
    benchmarks: tuple[str, ...]
    languages: tuple[Language, ...] | None
    data: str | None
    limit: int | None
    n: int
    temperature: float
    max_new_tokens: int
    seed: int
    cpu_seconds: float
    sha256: str = ""
    prompt: PromptForm = "chat"

    def parts(self) -> list[tuple[str, Language]]:
        """The benchmarks that are asked for, each in its languages.

        Raises:
            DataError: a benchmark has none of the languages, or no benchmark one of them.
        """
        found = [
            (name, language)
            for name in dict.fromkeys(self.benchmarks)
            for language in dict.fromkeys(self.languages or BENCHMARKS[name].languages)
            if language in BENCHMARKS[name].origins
        ]
        names, languages = {name for name, _ in found}, {language for _, language in found}
        for name in self.benchmarks:
            if name not in names:
                known = ", ".join(BENCHMARKS[name].languages)
                raise DataError(f"{name} has none of the languages asked for; it has {known}")
        for language in self.languages or ():
            if language not in languages:
                raise DataError(f"no tasks in {language}: {', '.join(self.benchmarks)} has none")
        return found


_MORE = ("benchmarks", "languages", "limit", "n")


class Log:
    """A file with a line for each thing that happened, and when; how far it is, is told as well."""

    def __init__(self, path: Path, tell: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._tell = tell

    def say(self, words: str) -> None:
        """Add a line on how far the evaluation is."""
        self.note(words)
        if self._tell is not None:
            self._tell(words)

    def note(self, words: str) -> None:
        """Add a line that is for the file alone."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        append_to_log(self._path, f"{now}  {' '.join(words.split())}")


@contextmanager
def open_folder(
    out: Path, settings: EvalSettings, tell: Callable[[str], None] | None = None
) -> Iterator[Log]:
    """Open the folder of an evaluation, made where there is none; an error is in its log as well.

    `tell` is called with each line on how far it is.

    Raises:
        DataError: it is another evaluation's, or holds other files.
        RunError: somebody works in it.
    """
    try:
        begin(out, settings)
    except OSError as error:
        raise DataError(
            f"{out} cannot be written: {error}; choose another folder: --out DIR"
        ) from None
    with lock_folder(out):
        log = Log(out / "log.txt", tell)
        try:
            yield log
        except SodakdError as error:
            log.note(f"error: {error}")
            raise
        except BaseException as error:
            log.note(f"stopped by {type(error).__name__}: {error}")
            raise


def begin(out: Path, settings: EvalSettings) -> None:
    """Write the settings of a new evaluation; of one that was begun, see that they go on with it.

    Raises:
        DataError: as `check_folder`.
    """
    check_folder(out, settings)
    content = settings.model_dump_json(indent=1).encode()
    path = out / "settings.json"
    if not path.is_file() or path.read_bytes() != content:
        atomic_write(path, content)


def check_folder(out: Path, settings: EvalSettings) -> None:
    """Make sure that an evaluation can begin in a folder, or go on there; nothing is written.

    Raises:
        DataError: the folder is another evaluation's (says what differs), or holds other files.
    """
    path = out / "settings.json"
    if path.is_file():
        try:
            old = EvalSettings.model_validate_json(path.read_bytes())
        except ValidationError:
            raise _foreign(out, "settings.json is of no evaluation") from None
        differing = differences(old, settings)
        if differing:
            raise DataError(
                f"{out} holds another evaluation: {'; '.join(differing)}: use the old values, or"
                " another folder: --out DIR"
            )
    elif out.exists():
        if not out.is_dir():
            raise DataError(f"{out} is a file; name a folder: --out DIR")
        found = sorted(one.name for one in out.iterdir() if one.suffix != ".part")
        if found:
            raise _foreign(out, ", ".join(found[:3]))


def _foreign(out: Path, found: str) -> DataError:
    return DataError(
        f"{out} holds other files and no evaluation ({found}); name an empty folder, or that of"
        " an earlier evaluation: --out DIR"
    )


def differences(old: EvalSettings, new: EvalSettings) -> list[str]:
    """Return the settings that differ, in words, but for more benchmarks, tasks or samples."""
    was, now = old.model_dump(), new.model_dump()
    kept = {*was} - {*_MORE, "sha256"}
    found = []
    if old.sha256:
        kept -= {"source"}
        if old.sha256 != new.sha256:
            found.append(f"source was {old.source!r} and is {new.source!r}, which holds another")
    found += [
        f"{key} was {was[key]!r} and is {now[key]!r}"
        for key in was
        if key in kept and was[key] != now[key]
    ]
    missing = [" in ".join(one) for one in old.parts() if one not in new.parts()]
    if missing:
        found.append(f"it has {', '.join(missing)} as well")
    if new.limit is not None and (old.limit is None or old.limit > new.limit):
        found.append(f"limit was {old.limit} and is {new.limit}")
    if new.n < old.n:
        found.append(f"n was {old.n} and is {new.n}")
    return found
