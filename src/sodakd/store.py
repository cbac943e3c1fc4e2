"""Rows as JSONL. A file appears whole or not at all."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from sodakd.errors import RowError
from sodakd.types import Frozen

Row = TypeVar("Row", bound=Frozen)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, after a crash at any moment, it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_rows(path: Path, rows: Iterable[Frozen]) -> str:
    """Write rows as JSONL, whole; the result is the file's SHA-256."""
    content = "".join(row.model_dump_json() + "\n" for row in rows).encode()
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def read_rows(path: Path, row_type: type[Row]) -> list[Row]:
    """Read rows written by `write_rows`.

    Raises:
        RowError: a line is truncated, is not JSON, or is no such row; names file and line.
    """
    return list(_rows(path, row_type))


def _rows(path: Path, row_type: type[Row]) -> Iterator[Row]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise RowError(f"{path} is missing") from None
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            raise RowError(f"{path}, line {number}: the row is cut off after {len(line)} bytes")
        try:
            yield row_type.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise RowError(
                f"{path}, line {number}: not a {row_type.__name__} row:"
                f" {first['msg']}{f' at {place}' if place else ''}"
            ) from None
