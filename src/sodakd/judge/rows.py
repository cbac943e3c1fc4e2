"""Programs from JSON lines, for `sodakd judge`."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from sodakd.judge.extract import extract
from sodakd.judge.program import Program
from sodakd.store import Line, read_lines
from sodakd.types import Language, Tests, TestScript

_CODE = ("code", "program", "solution", "completion", "answer", "response", "output")
_ANSWERS = frozenset({"answer", "response", "output"})
"""What a model said: the program is looked for in it. The others are programs, perhaps fenced."""
_SCRIPT = ("test", "script")


def read_programs(path: Path, tests: Path | None, language: Language | None) -> list[Program]:
    """The programs of a file. Raises `DataError`, which names the line."""
    by_id = {} if tests is None else {_id(row): row for row in read_lines(tests)}
    return [_program(row, by_id, language) for row in read_lines(path)]


def _program(row: Line, by_id: Mapping[str, Line], language: Language | None) -> Program:
    name = row.values.get("language", language)
    if name is None:
        raise row.wrong('no language: add "language", or give --language')
    try:
        own = Language(str(name).lower())
    except ValueError:
        known = ", ".join(Language)
        raise row.wrong(f"unknown language {name!r}; known: {known}") from None
    column = next((key for key in _CODE if key in row.values), "")
    text = row.values.get(column)
    if not isinstance(text, str):
        raise row.wrong(f"no program; one of {', '.join(_CODE)} must hold it as text")
    holder = by_id.get(_id(row), row) if by_id else row
    asked = _tests(holder)
    if column not in _ANSWERS and "```" not in text and "~~~" not in text:
        return Program(text, own, asked, id=_id(row))
    found = extract(text, own, asked.entry_point)
    return Program(found.code, own, asked, id=_id(row), reason=found.reason)


def _tests(row: Line) -> Tests | TestScript:
    asked = row.values.get("tests")
    entry_point = str(row.values.get("entry_point", ""))
    if asked is None:
        asked = next((row.values[key] for key in _SCRIPT if key in row.values), None)
    if asked is None:
        return TestScript(entry_point=entry_point, script="\n", as_main=True)
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


def _id(row: Line) -> str:
    for key in ("id", "task_id", "question_id"):
        if key in row.values:
            return str(row.values[key])
    return str(row.number)
