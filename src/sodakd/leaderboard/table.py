"""A table in its folder: rows that are not finished are evaluated, shards become one, files."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.evaluate.folder import differences
from sodakd.jsonl import atomic_write
from sodakd.methods.cluster_runs import run_all
from sodakd.methods.side_runs import SideRun
from sodakd.report.model_folder import (
    FAILED,
    ROWS,
    SETTINGS,
    AskedPart,
    FinishedRow,
    TableEntry,
    TableSettings,
    asked_keys,
    asked_parts,
    has_answers,
    read_failed,
    read_finished,
    read_settings,
    row_folder,
)

LOGS = "logs"
_NOT_YET = "not evaluated yet"


def begin_table(out: Path, settings: TableSettings) -> None:
    """Write a table's settings into its folder, which may have others of the same evaluation.

    Raises:
        DataError: the folder is that of another table, or holds other files.
    """
    path = out / SETTINGS
    if path.is_file():
        old = read_settings(out)
        differing = differences(old.asked, settings.asked)
        if differing and any(map(has_answers, (out / ROWS).glob("*"))):
            raise DataError(
                f"{out} holds another table: {'; '.join(differing)}: use the old values, or"
                " another folder: --out DIR"
            )
    elif out.is_dir() and any(out.iterdir()):
        raise DataError(f"{out} holds other files and no table; name an empty folder: --out DIR")
    atomic_write(path, settings.model_dump_json(indent=1).encode())


def shard_of(rows: Sequence[TableEntry], shard: str | None) -> list[TableEntry]:
    """Return the rows of the shard `i/n`: every n-th, from the i-th on, counted from 0.

    A row is one machine's whole: what a model answers may hang on what is asked beside it.

    Raises:
        DataError: it is no shard.
    """
    if shard is None:
        return list(rows)
    first, _, count = shard.partition("/")
    if not (first.isdecimal() and count.isdecimal() and int(first) < int(count)):
        raise DataError(f"--shard {shard!r} is none: write i/n with i from 0 to n - 1, such as 0/2")
    return list(rows[int(first) :: int(count)])


def run_rows(
    out: Path,
    settings: TableSettings,
    rows: Sequence[TableEntry],
    parts: Sequence[AskedPart],
    words_for: Callable[[str], Sequence[str]],
    jobs: int,
    tell: Callable[[str], None],
    ray: str = "",
) -> dict[str, str]:
    """Evaluate the rows that are not finished, each by a process; return why some failed, by name.

    A row that fails stops no other. `words_for` gives the words of the command that evaluates one.
    With `ray`, the address of a cluster, its nodes do it.

    Raises:
        DataError: the folder of a row is that of an evaluation that was asked otherwise.
    """
    keys = asked_keys(settings.asked, parts)
    left = [row for row in rows if read_finished(out, settings, row, keys) is None]
    if len(left) < len(rows):
        tell(f"{len(rows) - len(left)} of {len(rows)} rows are finished, and read")
    runs = [SideRun(row.name, out / LOGS / f"{row.name}.log", words_for(row.name)) for row in left]
    ended = run_all(runs, jobs, lambda name, line: tell(f"{name}  {line}"), ray)
    ready = {row.name for row in left if read_finished(out, settings, row, keys) is not None}
    # Another command may have been at work on a row, and have finished it.
    failed = {name: why for name, why in ended.items() if name not in ready}
    others = {name: why for name, why in read_failed(out).items() if name not in _names(rows)}
    _write_failed(out, {**others, **failed})
    return failed


def merge_shards(shards: Sequence[Path], out: Path, data: Path | None = None) -> TableSettings:
    """Copy the rows of several tables' folders, those that are finished, into one.

    `data` is where the benchmarks' files are on this machine, if it is not as the shards say.

    Raises:
        DataError: a folder is no table, or what was asked, or of which rows, differs.
    """
    whole = read_settings(shards[0])
    keys = asked_keys(whole.asked, asked_parts(whole.asked, data))
    failed: dict[str, str] = {}
    rows: dict[str, tuple[Path, TableEntry]] = {}
    for shard in shards:
        own = read_settings(shard)
        if _alike(own) != _alike(whole):
            raise DataError(
                f"{shard} and {shards[0]} are no shards of one table: their {SETTINGS} differ in"
                " what is asked, or of which models"
            )
        failed |= read_failed(shard)
        for row in own.rows:
            if read_finished(shard, own, row, keys) is not None:
                rows.setdefault(row.name, (shard, row))
    entries = tuple(rows[row.name][1] if row.name in rows else row for row in whole.rows)
    merged = whole.model_copy(update={"rows": entries})
    begin_table(out, merged)
    for name, (shard, _) in rows.items():
        _copy_row(shard, out, name)
    _write_failed(out, {name: why for name, why in failed.items() if name not in rows})
    return merged


def _copy_row(shard: Path, out: Path, name: str) -> None:
    """Copy a row's folder, so that it is there whole or not at all."""
    place, part = row_folder(out, name), row_folder(out, f"{name}.part")
    if shard.resolve() == out.resolve():
        return
    for each in (part, place):
        shutil.rmtree(each, ignore_errors=True)
    shutil.copytree(row_folder(shard, name), part, ignore=shutil.ignore_patterns("lock"))
    part.replace(place)


def finished_rows(
    out: Path, settings: TableSettings, parts: Sequence[AskedPart]
) -> dict[str, FinishedRow]:
    """Return the rows that are whole, by name."""
    keys = asked_keys(settings.asked, parts)
    found = {row.name: read_finished(out, settings, row, keys) for row in settings.rows}
    return {name: row for name, row in found.items() if row is not None}


def missing_rows(
    out: Path, settings: TableSettings, finished: Mapping[str, FinishedRow]
) -> dict[str, str]:
    """Return why rows are not finished, by name."""
    failed = read_failed(out)
    return {
        row.name: failed.get(row.name, _NOT_YET)
        for row in settings.rows
        if row.name not in finished
    }


def _names(rows: Sequence[TableEntry]) -> set[str]:
    return {row.name for row in rows}


def _alike(settings: TableSettings) -> TableSettings:
    """What shards have in common: a model may lie elsewhere on each machine."""
    asked = settings.asked.model_copy(update={"data": None})
    rows = tuple(
        row.model_copy(update={"model": "", "source": "", "engine": ""}) for row in settings.rows
    )
    return TableSettings(asked=asked, lint=settings.lint, rows=rows)


def _write_failed(out: Path, failed: Mapping[str, str]) -> None:
    if failed:
        atomic_write(out / FAILED, json.dumps(dict(sorted(failed.items())), indent=1).encode())
    else:
        (out / FAILED).unlink(missing_ok=True)
