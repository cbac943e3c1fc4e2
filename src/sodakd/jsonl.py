"""Rows as JSONL. A file appears whole or not at all."""

import errno
import gzip
import hashlib
import os
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, overload

from pydantic import JsonValue, ValidationError

from sodakd.errors import DataError, RowError
from sodakd.json_text import JsonError, json_kind, parse_json
from sodakd.outputs import check_regular, part_of
from sodakd.types import FrozenModel

Row = TypeVar("Row", bound=FrozenModel)
_GZIP = b"\x1f\x8b"


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file so that, after a crash at any moment, it is there whole or not at all.

    Raises:
        DataError: a pipe or a device stands there.
    """
    _write_whole(path, [content])


def _write_whole(path: Path, parts: Iterable[bytes]) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    check_regular(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    with part.open("wb") as file:
        for content in parts:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    fsync_dir(path.parent)


def fsync_dir(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_files(folder: Path) -> None:
    """Make what the files of a folder hold survive a power cut, before the folder gets its name."""
    for path in (folder, *folder.rglob("*")):
        fsync_dir(path)


@dataclass(frozen=True)
class Line:
    """An object of a JSON-lines file that users bring, and where it stands, for messages.

    `columns` names the columns of the file that stand in `values` under another key.
    """

    where: str
    number: int
    values: Mapping[str, JsonValue]
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, key: str) -> str:
        """What the file calls the column of a key."""
        return self.columns.get(key, key)

    def error(self, text: str) -> DataError:
        """The error that this line deserves."""
        return DataError(f"{self.where}: {text}")


def read_lines(path: Path) -> Iterator[Line]:
    """The objects of a JSON-lines file, gzip too; blank lines are left out.

    Raises:
        DataError: the file cannot be read, or a line is no object; names file and line.
    """
    for where, number, text in iter_lines(path):
        yield Line(where, number, read_object(text, where))


def iter_lines(path: Path) -> Iterator[tuple[str, int, str]]:
    """The lines of a file that are not blank: where each stands in words, its number, its text.

    `-` is standard input. Raises `DataError` where the file cannot be read.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        # Editors of some systems put a mark at the start, which is no part of the text.
        text = _unpacked(content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{name}, line {wrong}: not UTF-8: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} cannot be read: {error}") from None
    # Not `splitlines`: a text may hold other ends of line.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{name}, line {number}", number, line


def _unpacked(content: bytes) -> bytes:
    """The content of a file, out of gzip where its first bytes say so."""
    return gzip.decompress(content) if content.startswith(_GZIP) else content


def read_object(text: str, where: str) -> Mapping[str, JsonValue]:
    """A JSON object. Raises `DataError`, which says `where` it stands."""
    try:
        values = parse_json(text)
    except JsonError as error:
        raise DataError(f"{where}: no JSON: {error}") from None
    if not isinstance(values, dict):
        raise DataError(f"{where}: a row is an object; found {json_kind(values)}")
    return values


def append_rows(path: Path, rows: Iterable[FrozenModel]) -> None:
    """Add rows at a file's end; what a crash leaves of a row is dropped by `read_journal`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write("".join(row.model_dump_json() + "\n" for row in rows).encode())
        file.flush()
        os.fsync(file.fileno())


def read_journal(path: Path, row_type: type[Row]) -> list[Row]:
    """Rows of `append_rows`: none where there is no file, and none that cannot be read.

    The file is cut back to its whole rows, so that more can be added.
    """
    if not path.exists():
        return []
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
    return read_log(path, row_type)


def append_to_log(path: Path, line: str) -> None:
    """Add a line to a log; where a crash cut the last one off, it begins on a line of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            cut = file.read() != b"\n"
        else:
            cut = False
        file.write(f"{chr(10) if cut else ''}{line}\n".encode("utf-8", "replace"))


def read_log(path: Path, row_type: type[Row]) -> list[Row]:
    """Return the rows of a log, without those that cannot be read: a log decides nothing."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_bytes().splitlines():
        try:
            rows.append(row_type.model_validate_json(line))
        except ValidationError:
            continue
    return rows


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write texts as the lines of a file, whole, as they come; gzip where it ends in `.gz`."""
    parts = (f"{line}\n".encode("utf-8", "surrogatepass") for line in lines)
    _write_whole(path, _compressed(path, parts))


def _compressed(path: Path, parts: Iterable[bytes]) -> Iterator[bytes]:
    if path.suffix != ".gz":
        yield from parts
        return
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()


def write_rows(path: Path, rows: Iterable[FrozenModel]) -> str:
    """Write rows as JSONL, whole, as they come; the result is the SHA-256 of what they are.

    A file that ends in `.gz` is compressed.
    """
    digest = hashlib.sha256()

    def lines() -> Iterator[bytes]:
        for row in rows:
            line = f"{row.model_dump_json()}\n".encode()
            digest.update(line)
            yield line

    _write_whole(path, _compressed(path, lines()))
    return digest.hexdigest()


def read_rows(path: Path, row_type: type[Row]) -> list[Row]:
    """Read rows written by `write_rows`, gzip too.

    Raises:
        RowError: a line is truncated, is not JSON, or is no such row; names file and line.
    """
    try:
        content = _unpacked(path.read_bytes())
    except FileNotFoundError:
        raise RowError(f"{path} is missing") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RowError(f"{path} is cut off or damaged: {error}") from None
    lines = enumerate(content.splitlines(keepends=True), start=1)
    return [_read_row(line, row_type, f"{path}, line {number}") for number, line in lines]


def _read_row(line: bytes, row_type: type[Row], where: str) -> Row:
    if not line.endswith(b"\n"):
        raise RowError(f"{where}: the row is cut off after {len(line)} bytes")
    try:
        return row_type.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RowError(
            f"{where}: not a {row_type.__name__} row:"
            f" {first['msg']}{f' at {place}' if place else ''}"
        ) from None


class RowFile(Sequence[Row]):
    """Rows written by `write_rows` that stay in their file: each is read when it is asked for.

    Raises:
        RowError: the file is missing; or, when a row is read, it is none.
    """

    def __init__(self, path: Path, row_type: type[Row]) -> None:
        self._path, self._type = path, row_type
        self._ends = array("Q", [0])
        try:
            with path.open("rb") as file:
                for line in file:
                    self._ends.append(self._ends[-1] + len(line))
        except FileNotFoundError:
            raise RowError(f"{path} is missing") from None

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self[one] for one in range(len(self))[number]]
        number = range(len(self))[number]
        start, end = self._ends[number : number + 2]
        with self._path.open("rb") as file:
            file.seek(start)
            line = file.read(end - start)
        return _read_row(line, self._type, f"{self._path}, line {number + 1}")

    def __iter__(self) -> Iterator[Row]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield _read_row(line, self._type, f"{self._path}, line {number}")
