"""Names of sources of questions: files, folders, datasets of a hub."""

import re
from pathlib import Path

_HUB = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}(?:@[\w./-]{1,100})?")
SUFFIXES = (".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv")
"""Of files of rows, with `.gz` behind them or not."""


def source_exists(source: str) -> bool:
    """Whether a source is a file or a folder here, or has the form of a hub dataset's id.

    `FOLDER#NAME` is a dataset of a folder.
    """
    if exists(Path(source)) or exists(Path(source.rpartition("#")[0] or source)):
        return True
    return _HUB.fullmatch(source) is not None and not is_data(source)


def is_data(name: str) -> bool:
    """Whether a file's name says that it holds rows."""
    return suffix_of(name) in SUFFIXES


def suffix_of(name: str) -> str:
    """The end of a file's name that tells its form, in small letters: that before `.gz`."""
    return Path(name.lower().removesuffix(".gz")).suffix


def exists(path: Path) -> bool:
    """Whether a file or a folder is there. None is by a name that no file can have."""
    try:
        return path.exists()
    except OSError:
        return False


def shortened(text: str, most: int = 120) -> str:
    """A text for a message: its first letters, where it is long."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} letters)"
