"""Programs from JSON lines, for `sodakd judge`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from sodakd.errors import DataError
from sodakd.judge.extract import extract
from sodakd.judge.judge import Program
from sodakd.types import Language, Tests, TestScript

_CODE = ("code", "program", "solution", "completion", "answer", "response", "output")
_SCRIPT = ("test", "script")


@dataclass(frozen=True)
class Row:
    """A line of a file: where it stands, for messages."""

    path: Path
    number: int
    values: Mapping[str, JsonValue]

    def wrong(self, text: str) -> DataError:
        """The error that this line deserves."""
        return DataError(f"{self.path}, line {self.number}: {text}")


def read_programs(path: Path, tests: Path | None, language: Language | None) -> list[Program]:
    """The programs of a file. Raises `DataError`, which names the line."""
    by_id = {} if tests is None else {_id(row): row for row in _rows(tests)}
    return [_program(row, by_id, language) for row in _rows(path)]


def _program(row: Row, by_id: Mapping[str, Row], language: Language | None) -> Program:
    name = row.values.get("language", language)
    if name is None:
        raise row.wrong('no language: add "language", or give --language')
    try:
        own = Language(str(name).lower())
    except ValueError:
        known = ", ".join(Language)
        raise row.wrong(f"unknown language {name!r}; known: {known}") from None
    text = next((row.values[key] for key in _CODE if key in row.values), None)
    if not isinstance(text, str):
        raise row.wrong(f"no program; one of {', '.join(_CODE)} must hold it as text")
    holder = by_id.get(_id(row), row) if by_id else row
    asked = _tests(holder)
    if "```" not in text and "~~~" not in text:
        return Program(text, own, asked, id=_id(row))
    found = extract(text, own, asked.entry_point)
    return Program(found.code, own, asked, id=_id(row), reason=found.reason)


def _tests(row: Row) -> Tests | TestScript:
    asked = row.values.get("tests")
    entry_point = str(row.values.get("entry_point", ""))
    if asked is None:
        asked = next((row.values[key] for key in _SCRIPT if key in row.values), "\n")
    if isinstance(asked, str):
        return TestScript(entry_point=entry_point, script=asked)
    try:
        if isinstance(asked, dict) and "script" in asked:
            return TestScript.model_validate(asked)
        return Tests.model_validate_json(json.dumps(asked), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise row.wrong(f"tests.{place}: {first['msg']}") from None


def _id(row: Row) -> str:
    for key in ("id", "task_id", "question_id"):
        if key in row.values:
            return str(row.values[key])
    return str(row.number)


def _rows(path: Path) -> Iterator[Row]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: no JSON: {error}") from None
        if not isinstance(values, dict):
            raise DataError(f"{path}, line {number}: a row must be an object")
        yield Row(path, number, values)
