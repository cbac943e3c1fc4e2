"""Read the rows of a source: a file, a folder of files, or a dataset of the Hugging Face hub."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.models.hub import asking_hub
from sodakd.seeds.described import INFO, described
from sodakd.seeds.seed import Row

_HUB = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")
_Values = tuple[int, dict[str, JsonValue]]


def _read_lines(path: Path) -> Iterator[_Values]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file):
            if line.strip():
                yield number, _object(_json(line, path, number + 1), path, f"line {number + 1}")


def _read_json(path: Path) -> Iterator[_Values]:
    value = _json(path.read_text(encoding="utf-8-sig"), path, 1)
    if isinstance(value, dict):
        lists = [below for below in value.values() if isinstance(below, list)]
        if len(lists) != 1:
            raise DataError(
                f"{path} holds an object with {len(lists)} lists; a source is a list of objects,"
                " or an object with one"
            )
        value = lists[0]
    if not isinstance(value, list):
        raise DataError(f"{path} holds a {type(value).__name__}; a source is a list of objects")
    for number, row in enumerate(value):
        yield number, _object(row, path, f"row {number}")


def _read_parquet(path: Path) -> Iterator[_Values]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise DataError(
            f"{path} is Parquet, and pyarrow is not installed: pip install 'sodakd[data]'"
        ) from None
    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    yield number, row
                    number += 1
    except ArrowException as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from None


READERS: Mapping[str, Callable[[Path], Iterator[_Values]]] = {
    ".jsonl": _read_lines,
    ".ndjson": _read_lines,
    ".json": _read_json,
    ".parquet": _read_parquet,
}


def data_files(folder: Path) -> list[Path]:
    """The files below a folder that hold rows, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in READERS)


def read_rows_of(source: str) -> Iterator[Row]:
    """The rows of a source that is not a folder of programs.

    Raises:
        DataError: there is no such source, or a file of it cannot be read; names file and line.
    """
    path = Path(source)
    info, name = described_in(source)
    if info is not None:
        for dataset in described(info, name):
            folder = dataset.file if dataset.file.is_dir() else info
            files = data_files(dataset.file) if dataset.file.is_dir() else [dataset.file]
            for row in _rows(folder, files):
                values = dataset.canonical(row.values, f"{dataset.file}, row {row.number}")
                yield Row(row.file, row.number, values)
    elif path.is_dir():
        files = data_files(path)
        if not files:
            raise DataError(
                f"{source} holds neither data ({', '.join(READERS)}) nor programs; name another"
                " folder, or a file"
            )
        yield from _rows(path, files)
    elif path.is_file():
        yield from _rows(path.parent, [path])
    else:
        folder, files = _download(source)
        yield from _rows(folder, files)


def described_in(source: str) -> tuple[Path | None, str]:
    """The folder of a `dataset_info.json` that a source names, and the dataset it asks for.

    `DIR`, `DIR/dataset_info.json` and, for one of its datasets, `DIR#NAME`. None for other sources.
    """
    before, _, name = source.rpartition("#")
    for text, wanted in ((source, ""), (before, name)):
        folder = Path(text).parent if Path(text).name == INFO else Path(text)
        if text and (folder / INFO).is_file():
            return folder, wanted
    return None, ""


def _rows(folder: Path, files: Sequence[Path]) -> Iterator[Row]:
    for path in files:
        reader = READERS.get(path.suffix)
        if reader is None:
            raise DataError(
                f"{path} is of no kind that is read here; known: {', '.join(READERS)}, or a folder"
            )
        name = path.relative_to(folder).as_posix()
        try:
            yield from (Row(name, number, values) for number, values in reader(path))
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not UTF-8 text: {error}") from None


def _download(source: str) -> tuple[Path, list[Path]]:
    """A dataset of the hub: its train files where it has some, else all files with rows."""
    found = _HUB.fullmatch(source)
    if found is None or Path(source).suffix in READERS:
        raise DataError(
            f"there is no source {source}: name a file, a folder, or a hub dataset (owner/name)"
        )
    name, revision = found["id"], found["revision"]
    with asking_hub(DataError, f"{source} is no file here", extra="data"):
        from huggingface_hub import HfApi, snapshot_download

        listed = HfApi().list_repo_files(name, repo_type="dataset", revision=revision)
        files = sorted(path for path in listed if Path(path).suffix in READERS)
        wanted = [path for path in files if "train" in path] or files
        folder = snapshot_download(
            name, repo_type="dataset", revision=revision, allow_patterns=wanted
        )
    if not wanted:
        raise DataError(f"the hub's dataset {source} has no {', '.join(READERS)} file")
    return Path(folder), [Path(folder) / path for path in wanted]


def _json(text: str, path: Path, line: int) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}, line {line + error.lineno - 1}: not JSON: {error.msg}; mend the line, or"
            " remove it"
        ) from None
    return value


def _object(value: JsonValue, path: Path, place: str) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise DataError(f"{path}, {place}: a row is an object; found a {type(value).__name__}")
    return value
