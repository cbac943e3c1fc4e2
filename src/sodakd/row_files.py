"""Rows of a file, by what it holds and not by what it is called: JSON, JSON lines, CSV, Parquet.

Each may be compressed by gzip. JSON lines, CSV and Parquet are read a part at a time.
"""

import csv
import gzip
import io
import math
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, time
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.json_text import JsonError, JsonLimitError, json_kind, parse_json
from sodakd.settings.sources import SUFFIXES, suffix_of

if TYPE_CHECKING:
    from pyarrow import Array

Values = dict[str, JsonValue]
STDIN = "-"
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_AGAIN = "fetch it or write it again"
_STACKED = re.compile(r"^\}\s*\n\{", re.MULTILINE)
_LONGEST_CELL = 10_000_000
_BATCH = 1000
_HEAD = 4096
_QUESTIONS = {"instruction", "messages", "prompt", "problem", "question", "query", "text"}
"""Columns by one of which the first line of a table is known, whatever the file is called."""


class NonJson(dict[str, JsonValue]):
    """A value of a table for which JSON has no form, such as a date.

    Who reads a question finds a part of that type, `{"type": "date"}`, which is no text. `text` is
    the value where it is written again: ISO 8601, or the digits of a number; None of bytes.
    """

    def __init__(self, value: object) -> None:
        super().__init__(type=type(value).__name__)
        self.text: str | None = None
        if isinstance(value, date | time):
            self.text = value.isoformat()
        elif not isinstance(value, bytes):
            self.text = str(value)


def written(value: JsonValue) -> JsonValue:
    """A value of a row as JSON lines can hold it, with a text for what JSON has no form for, and
    null for a number that is none or has no end.

    Raises:
        JsonError: it holds bytes that are no text.
    """
    if isinstance(value, NonJson):
        if value.text is None:
            raise JsonError("bytes that are no UTF-8 text, for which JSON has no form")
        return value.text
    if isinstance(value, list):
        return [written(each) for each in value]
    if isinstance(value, dict):
        return {key: written(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class NoRowsError(DataError):
    """A file is one JSON value in which no rows stand, as those of settings are."""


def holds_rows(path: Path) -> bool:
    """Whether a file of data holds rows, or what should be some: not so one of settings."""
    try:
        return next(read_file(path), None) is not None
    except NoRowsError:
        return False
    except DataError:
        return True


def read_file(path: Path) -> Iterator[tuple[int, Values | JsonError]]:
    """The rows of a file, numbered from 1; JSON lines by the line they stand on.

    Of a row that is no object, or deeper than is read here, or with a longer integer, an error that
    says so is the row.

    Raises:
        NoRowsError: it is JSON that holds no list of rows.
        DataError: it cannot be read, or is of no kind that is read here; names file and line.
    """
    name = "standard input" if str(path) == STDIN else str(path)
    try:
        with ExitStack() as stack:
            file = stack.enter_context(_opened(path))
            if file.read(len(_GZIP)) == _GZIP:
                file.seek(0)
                file = stack.enter_context(io.BufferedReader(gzip.GzipFile(fileobj=file)))
            file.seek(0)
            start = file.read(_HEAD)
            file.seek(0)
            if start.startswith(_PARQUET) or suffix_of(path.name) == ".parquet":
                yield from _read_parquet(file, name)
            elif suffix_of(path.name) in _TABLES or _has_header(start):
                yield from _read_table(stack.enter_context(_text(file, newline="")), name)
            else:
                yield from _read_json(stack.enter_context(_text(file)), name, suffix_of(path.name))
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text: {error}; save it as UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name} is cut off or damaged: {error}; {_AGAIN}") from None
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error}") from None


def _has_header(start: bytes) -> bool:
    """Whether a file begins as a table of questions does: with a line of column names."""
    line = start.decode("utf-8-sig", "replace").lstrip().partition("\n")[0]
    names = {name.strip().strip('"').lower() for name in re.split(r"[,;\t]", line)}
    return line[:1] not in {"{", "["} and bool(names & _QUESTIONS)


def _opened(path: Path) -> IO[bytes]:
    return io.BytesIO(sys.stdin.buffer.read()) if str(path) == STDIN else path.open("rb")


def _text(file: IO[bytes], newline: str | None = None) -> IO[str]:
    # Editors of some systems put a mark at the start, which is no part of the text.
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline)


def _read_json(file: IO[str], name: str, suffix: str) -> Iterator[tuple[int, Values | JsonError]]:
    head: list[str] = []
    filled: list[str] = []
    for line in file:
        head.append(line)
        filled += [line] if line.strip() else []
        if len(filled) == 2:
            break
    if not filled:
        return
    if filled[0].lstrip()[0] not in "{[" and suffix not in (*_LINES, ".json"):
        raise DataError(
            f"{name} is of no kind that is read here; known: {', '.join(SUFFIXES)}, each also with"
            " .gz, or a folder"
        )
    several = len(filled) == 2
    if (_is_object(filled[0]) and (several or suffix in _LINES)) or (
        several and suffix in _LINES and _is_json(filled[0])
    ):
        for number, line in enumerate(chain(head, file), start=1):
            if line.strip():
                yield number, _row(line, f"{name}, line {number}")
        return
    text = "".join(chain(head, file))
    try:
        value = parse_json(text)
    except JsonError as error:
        if _STACKED.search(text):
            yield from _read_objects(text, name)
            return
        if suffix in _LINES:
            _row(filled[0], f"{name}, line {head.index(filled[0]) + 1}")
        raise DataError(
            f"{name} is neither JSON lines (an object a line) nor one JSON value: {error}"
        ) from None
    for number, row in enumerate(_rows_of(value, name), start=1):
        yield number, _object(row)


def _read_objects(text: str, name: str) -> Iterator[tuple[int, Values | JsonError]]:
    """Objects over several lines, one behind another, as `jq` prints them, by their first lines."""
    held, first = "", 1
    for number, line in enumerate(io.StringIO(text), start=1):
        held += line
        if line.rstrip() == "}":
            yield first, _row(held, f"{name}, the object from line {first}")
            held, first = "", number + 1
    if held.strip():
        yield first, _row(held, f"{name}, the object from line {first}")


def _is_json(line: str) -> bool:
    try:
        parse_json(line)
    except JsonError as error:
        return isinstance(error, JsonLimitError)
    return True


def _is_object(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except JsonLimitError:
        return line.lstrip().startswith("{")
    except JsonError:
        return False


def _rows_of(value: JsonValue, name: str) -> list[JsonValue]:
    """The list that a JSON file is, or the one in its object."""
    if isinstance(value, dict):
        lists = [key for key, below in value.items() if _are_rows(below)]
        if len(lists) > 1:
            raise DataError(
                f"{name} holds {len(lists)} lists of rows ({', '.join(lists)}): write the one that"
                " is to be read into a file of its own"
            )
        found = value[lists[0]] if lists else None
    else:
        found = value
    if not isinstance(found, list):
        raise NoRowsError(
            f"{name} holds {json_kind(value)} and no list of rows; a source is a list of objects,"
            " or an object with one; a single row is written as JSON lines (.jsonl)"
        )
    return found


def _are_rows(value: JsonValue) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _read_table(file: IO[str], name: str) -> Iterator[tuple[int, Values]]:
    csv.field_size_limit(_LONGEST_CELL)
    head = file.readline()
    file.seek(0)
    separator = max(",;\t", key=head.count)
    rows = csv.reader(file, delimiter=separator)
    try:
        names = next(rows, [])
        _check_names(names, name)
        number = 0
        for row in rows:
            if not row:
                continue
            number += 1
            if len(row) != len(names):
                raise DataError(
                    f"{name}, line {rows.line_num}: {len(row)} values for {len(names)} columns; a"
                    f" text that holds {separator!r} or an end of line stands in quotation marks"
                )
            yield number, {key: cell for key, cell in zip(names, row, strict=True) if key.strip()}
    except csv.Error as error:
        raise DataError(f"{name}, line {rows.line_num}: not CSV: {error}") from None


def _check_names(names: Sequence[str], file: str) -> None:
    """Raises `DataError` where two columns of a table have one name: one would be lost."""
    for column, count in Counter(map(str.strip, names)).items():
        if column and count > 1:
            raise DataError(f"{file} has {count} columns named {column!r}; rename all but one")


def _read_parquet(file: IO[bytes], name: str) -> Iterator[tuple[int, Values]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise DataError(
            f"{name} is Parquet, and pyarrow is not installed: pip install 'sodakd[data]'"
        ) from None
    number = 0
    try:
        with ParquetFile(file) as table:
            _check_names(table.schema_arrow.names, name)
            for batch in table.iter_batches(batch_size=_BATCH):
                names = batch.schema.names
                for row in zip(*map(_cells, batch.columns), strict=True):
                    number += 1
                    yield (
                        number,
                        {key: _plain(value) for key, value in zip(names, row, strict=True)},
                    )
    except UnicodeDecodeError:
        raise
    except (ArrowException, OverflowError, ValueError) as error:
        raise DataError(f"{name} cannot be read as Parquet: {error}; {_AGAIN}") from None


def _cells(column: "Array") -> list[object]:
    """The values of a column; times of day and dates to the nanosecond, for which Python has no
    type, as text.
    """
    try:
        found = column.to_pylist()
    except UnicodeDecodeError:
        raise
    except ValueError:
        found = column.cast("string").to_pylist()
    return list(found)


def _plain(value: object) -> JsonValue:
    """A value of a table as JSON has it; bytes that are UTF-8 are a text.

    What JSON has no form for becomes a `NonJson`.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return NonJson(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return NonJson(value)


def _row(text: str, place: str) -> Values | JsonError:
    try:
        return _object(parse_json(text))
    except JsonLimitError as error:
        return error
    except JsonError as error:
        raise DataError(f"{place}: not JSON: {error}; mend it, or remove it") from None


def _object(value: JsonValue) -> Values | JsonError:
    if isinstance(value, dict):
        return value
    return JsonError(f"a row is an object; found {json_kind(value)}")
