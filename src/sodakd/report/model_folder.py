"""The folder of a table of models, as its files tell: a row is the folder of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from sodakd.efficiency import uses_of
from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask
from sodakd.evaluate.findings import SampleFindings
from sodakd.evaluate.folder import ANSWER, EvalSettings, PromptForm, differences
from sodakd.evaluate.samples import JudgedSample, Sample, SampleKey, requests_of
from sodakd.json_text import JsonError, parse_json
from sodakd.jsonl import read_log
from sodakd.resource_use import ResourceUse
from sodakd.settings.models import ModelPrice
from sodakd.types import FrozenModel, Language

SETTINGS = "settings.json"
FAILED = "failed.json"
ROWS = "rows"
Key = tuple[str, Language, str, int]
"""Of an answer: benchmark, language, task id, and its number among the task's answers."""
_Row = TypeVar("_Row", bound=SampleKey)


class TableEntry(FrozenModel):
    """What is told of a model: nothing that is secret."""

    name: str
    model: str
    source: str
    engine: str
    prompt: PromptForm
    price: ModelPrice | None
    licence: str | None
    memory_gb: float | None
    note: str | None


class TableSettings(FrozenModel):
    """What a table is of: its rows, and what each is asked, as an evaluation's settings."""

    asked: EvalSettings
    lint: bool
    rows: tuple[TableEntry, ...]

    def of(self, row: TableEntry, sha256: str = "") -> EvalSettings:
        """The settings of a row's evaluation."""
        own = {"source": row.source, "prompt": row.prompt, "sha256": sha256}
        return self.asked.model_copy(update=own)


@dataclass(frozen=True)
class AskedPart:
    """A benchmark in one language: all its tasks, and those that are asked."""

    benchmark: Benchmark
    language: Language
    whole: Sequence[BenchmarkTask]
    tasks: Sequence[BenchmarkTask]

    @property
    def name(self) -> str:
        """Benchmark and language in words."""
        return f"{self.benchmark.name} {self.language.display_name}"


@dataclass(frozen=True)
class FinishedRow:
    """A model's answers, verdicts and findings, in one order; findings where they were asked.

    `answering`: what was used while it answered, in all parts of that.
    """

    entry: TableEntry
    samples: Mapping[Key, Sample]
    judged: Mapping[Key, JudgedSample]
    findings: Mapping[Key, SampleFindings] | None
    answering: Sequence[ResourceUse]


def asked_parts(settings: EvalSettings, data: Path | None = None) -> list[AskedPart]:
    """Return what is asked, read from the benchmarks' files or the hub. Raises `DataError`.

    `data` is where the files are on this machine, if it is not as the settings say.
    """
    if data is None and settings.data is not None:
        data = Path(settings.data)
    return [
        AskedPart(BENCHMARKS[name], language, tasks, tasks[: settings.limit])
        for name, language in settings.parts()
        for tasks in [load(BENCHMARKS[name], language, data)]
    ]


def asked_keys(settings: EvalSettings, parts: Sequence[AskedPart]) -> list[Key]:
    """Return the keys of all samples that are asked, by part, task and number."""
    keys = [one.key for part in parts for one in requests_of(part.tasks, settings.n)]
    places = {task.key: at for part in parts for at, task in enumerate(part.tasks)}
    order = {(part.benchmark.name, part.language): at for at, part in enumerate(parts)}
    return sorted(keys, key=lambda key: (order[key[:2]], places[key[:3]], key[3]))


def row_folder(out: Path, name: str) -> Path:
    """The folder of a row."""
    return out / ROWS / name


def read_finished(
    out: Path, settings: TableSettings, row: TableEntry, keys: Sequence[Key]
) -> FinishedRow | None:
    """Return a row that is whole as it is asked; None where anything of it is missing.

    Raises:
        DataError: its folder is that of an evaluation that was asked otherwise.
    """
    folder = row_folder(out, row.name)
    if not has_answers(folder):
        return None
    _check_asked_so(folder, settings, row)
    samples = _by_key(read_log(folder / "samples.jsonl", Sample))
    judged = _by_key(read_log(folder / "verdicts.jsonl", JudgedSample))
    found = _by_key(read_log(folder / "findings.jsonl", SampleFindings)) if settings.lint else None
    if any(
        key not in rows for rows in (samples, judged, found) if rows is not None for key in keys
    ):
        return None
    return FinishedRow(
        row,
        {key: samples[key] for key in keys},
        {key: judged[key] for key in keys},
        None if found is None else {key: found[key] for key in keys},
        uses_of(folder, ANSWER),
    )


def has_answers(folder: Path) -> bool:
    """Whether a row's evaluation was begun, and something of it must not be lost."""
    return (folder / SETTINGS).is_file() and (folder / "samples.jsonl").is_file()


def _check_asked_so(folder: Path, settings: TableSettings, row: TableEntry) -> None:
    path = folder / SETTINGS
    try:
        old = EvalSettings.model_validate_json(path.read_bytes())
    except ValidationError:
        raise DataError(f"{path} is of no evaluation: move {folder} away") from None
    differing = differences(old, settings.of(row, old.sha256))
    if differing:
        raise DataError(
            f"the row {row.name} was asked otherwise: {'; '.join(differing)}: use the old values,"
            f" another folder (--out DIR), or move {folder} away"
        )


def _by_key(rows: Sequence[_Row]) -> dict[Key, _Row]:
    return {row.key: row for row in rows}


def read_settings(out: Path) -> TableSettings:
    """Return the settings of a table's folder.

    Raises:
        DataError: it is none.
    """
    path = out / SETTINGS
    try:
        return TableSettings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{out} is no folder of a table of models: it has no {SETTINGS}") from None
    except ValidationError:
        raise DataError(f"{path} is of no table of models; name another folder") from None


def read_failed(out: Path) -> dict[str, str]:
    """Return why rows failed, by their names; none where the file is not there or damaged."""
    path = out / FAILED
    if not path.is_file():
        return {}
    try:
        found = parse_json(path.read_bytes())
    except JsonError:
        return {}
    return {name: str(why) for name, why in found.items()} if isinstance(found, dict) else {}
