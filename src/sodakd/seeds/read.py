"""Read the rows of a source: a file, a folder of files, or a dataset of the Hugging Face hub."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.inference.hub import asking_hub
from sodakd.json_text import JsonError, valid_unicode
from sodakd.row_files import STDIN, NoRowsError, read_file
from sodakd.seeds.dataset_info import INFO, described
from sodakd.seeds.seed import Row, Tell, untold
from sodakd.settings.sources import SUFFIXES, exists, is_data, shortened

_HUB = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")


def data_files(folder: Path) -> list[Path]:
    """The files below a folder that hold rows, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and is_data(path.name))


def read_rows_of(source: str, tell: Tell = untold) -> Iterator[Row]:
    """The rows of a source that is not a folder of programs. A folder's files that hold no rows
    (`config.json`) are passed over, and told.

    Raises:
        DataError: there is no such source, or a file of it cannot be read; names file and line.
    """
    path = Path(source)
    info, name = described_in(source)
    if info is not None:
        for dataset in described(info, name):
            folder = dataset.file if dataset.file.is_dir() else info
            files = data_files(dataset.file) if dataset.file.is_dir() else [dataset.file]
            for row in _rows(folder, files, tell):
                if row.unread:
                    yield row
                    continue
                values = dataset.canonical(row.values, f"{dataset.file}, row {row.number}")
                yield Row(row.file, row.number, values)
    elif source == STDIN:
        yield from _rows(path.parent, [path], tell)
    elif exists(path) and path.is_dir():
        files = data_files(path)
        if not files:
            raise DataError(
                f"{source} holds neither data ({', '.join(SUFFIXES)}) nor programs; name another"
                " folder, or a file"
            )
        yield from _rows(path, files, tell)
    elif exists(path):
        yield from _rows(path.parent, [path], tell)
    else:
        folder, files = _download(source)
        yield from _rows(folder, files, tell)


def paths_read(*sources: str) -> list[Path]:
    """The files and folders here that sources are read from, and the files in those folders.

    Raises:
        DataError: a `dataset_info.json` cannot be read.
    """
    paths = []
    for source in sources:
        info, name = described_in(source)
        if info is not None:
            paths += [info / INFO, *(dataset.file for dataset in described(info, name))]
        elif source != STDIN and exists(Path(source)):
            paths.append(Path(source))
    return paths + [path for folder in paths if folder.is_dir() for path in data_files(folder)]


def described_in(source: str) -> tuple[Path | None, str]:
    """The folder of a `dataset_info.json` that a source names, and the dataset it asks for.

    `DIR`, `DIR/dataset_info.json` and, for one of its datasets, `DIR#NAME`. None for other sources.
    """
    before, _, name = source.rpartition("#")
    for text, wanted in ((source, ""), (before, name)):
        folder = Path(text).parent if Path(text).name == INFO else Path(text)
        if text and exists(folder / INFO):
            return folder, wanted
    return None, ""


def _rows(folder: Path, files: Sequence[Path], tell: Tell) -> Iterator[Row]:
    empty: list[NoRowsError] = []
    for path in files:
        name = valid_unicode(path.relative_to(folder).as_posix())
        try:
            for number, found in read_file(path):
                if isinstance(found, JsonError):
                    yield Row(name, number, {}, unread=str(found))
                else:
                    yield Row(name, number, found)
        except NoRowsError as error:
            empty.append(error)
    if empty and len(empty) == len(files):
        raise empty[0]
    for each in empty:
        tell(f"passed over: {each}")


def _download(source: str) -> tuple[Path, list[Path]]:
    """A dataset of the hub: its train files where it has some, else all files with rows."""
    found = _HUB.fullmatch(source)
    if found is None or is_data(source):
        raise DataError(
            f"there is no source {shortened(source)}: name a file, a folder, or a hub dataset"
            " (owner/name)"
        )
    name, revision = found["id"], found["revision"]
    with asking_hub(DataError, f"{source} is no file here", extra="data"):
        from huggingface_hub import HfApi, snapshot_download

        # Not `list_repo_files`, which tries for half a minute where there is no network.
        asked = HfApi().dataset_info(name, revision=revision or "main", timeout=20)
        listed = [each.rfilename for each in asked.siblings or ()]
        files = sorted(path for path in listed if is_data(path))
        wanted = [path for path in files if "train" in path] or files
        folder = snapshot_download(
            name, repo_type="dataset", revision=revision, allow_patterns=wanted
        )
    if not wanted:
        raise DataError(f"the hub's dataset {source} has no {', '.join(SUFFIXES)} file")
    return Path(folder), [Path(folder) / path for path in wanted]
