"""Programs from JSON lines, for `sodakd judge`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sodakd.errors import DataError
from sodakd.jsonl import Line, iter_lines, read_object
from sodakd.judge.program import Program
from sodakd.judging.row_tests import (
    entry_point_of,
    key_of_tests,
    parse_tests,
    reads_stdin,
    unread_keys,
)
from sodakd.text.entry_point import name_in
from sodakd.text.extract import extract, is_prose, strip_bom
from sodakd.text.labels import language_of
from sodakd.types import Language

PROGRAM_COLUMNS = (
    "code",
    "program",
    "solution",
    "completion",
    "answer",
    "response",
    "output",
    "canonical_solution",
)
"""Columns that hold a row's program; the first that is there counts."""
_ANSWERS = frozenset({"answer", "response", "output"})
"""What a model said: the program is looked for in it. The others are programs, perhaps fenced."""
_PROGRAMS = frozenset({"code", "program"})
"""A program whatever it holds. In the others sentences alone are none, as `sodakd eval` has it."""
_CONTINUED = frozenset({"completion", "canonical_solution"})
"""What may go on from where a prompt ends."""
_NAMED = 10
"""Wrong rows that are named, each with its mistake."""


@dataclass(frozen=True)
class Row:
    """A program of a file; `tested` is False where it has no test, and is run as a file.

    `unread` are keys that look like tests, and were not read.
    """

    program: Program
    tested: bool
    unread: Sequence[str] = ()


@dataclass(frozen=True)
class ParsedRows:
    """The rows of a file, and what is to be said of it, though it can be read."""

    rows: Sequence[Row]
    notes: Sequence[str]


def read_programs(path: Path, tests: Path | None, language: Language | None) -> ParsedRows:
    """The programs of a file (`-`: standard input), with their tests, or those of a second file.

    Raises `DataError`, which names every wrong line: its mistake, and what to do about it.
    """
    wrong: list[str] = []
    by_id = None if tests is None else _by_id(tests, wrong)
    unread: Counter[str] = Counter()
    rows: list[Row] = []
    used: Counter[str] = Counter()
    for line in _lines(path, wrong):
        try:
            holder = _holder(line, by_id, tests)
            row = _row(line, holder, language)
        except DataError as error:
            wrong.append(str(error))
            continue
        used[_id(line)] += 1
        left = [*unread_keys(holder, key_of_tests(holder))]
        if holder is not line:
            left += unread_keys(line, "")
        unread.update(left)
        rows.append(replace(row, unread=left))
    if wrong:
        raise DataError(_listed(wrong))
    if not rows:
        raise DataError(f"{path} is empty: a row is a JSON object with a program, one on each line")
    notes = [
        f"tests in {name!r} are not read ({count} rows): tests stand in tests, test or test_list"
        for name, count in unread.items()
    ]
    twice = [name for name, count in used.items() if count > 1]
    if twice:
        notes.append(
            f"{len(twice)} ids stand in several rows, {sum(used[name] for name in twice)} in all"
            f" ({_some(twice)}): each row is judged, and its verdict has the same id"
        )
    lonely = [name for name in by_id or {} if name not in used]
    if lonely:
        notes.append(f"{len(lonely)} tests of {tests} have no program: {_some(lonely)}")
    return ParsedRows(rows, notes)


def _lines(path: Path, wrong: list[str]) -> Iterator[Line]:
    for where, number, text in iter_lines(path):
        try:
            values = read_object(text, where)
        except DataError as error:
            wrong.append(str(error))
        else:
            yield Line(where, number, values)


def _by_id(path: Path, wrong: list[str]) -> Mapping[str, Line]:
    found: dict[str, Line] = {}
    for line in _lines(path, wrong):
        name = _id(line)
        if name in found:
            wrong.append(f"{line.where}: the id {name!r} has tests already ({found[name].where})")
        found.setdefault(name, line)
    return found


def _holder(line: Line, by_id: Mapping[str, Line] | None, tests: Path | None) -> Line:
    """The row that holds the tests of this one."""
    if by_id is None:
        return line
    found = by_id.get(_id(line))
    if found is not None and key_of_tests(found):
        return found
    if key_of_tests(line):
        return line
    if found is not None:
        raise found.error("no test: one of tests, test, test_list must hold it")
    raise line.error(
        f"no row of {tests} has the id {_id(line)!r}; give it one there, or tests of its own here"
        f" (found there: {_some(by_id) or 'none'})"
    )


def _row(line: Line, holder: Line, language: Language | None) -> Row:
    column = next((key for key in PROGRAM_COLUMNS if line.values.get(key) is not None), "")
    text = line.values.get(column)
    if not isinstance(text, str):
        raise line.error(f"no program; one of {', '.join(PROGRAM_COLUMNS)} must hold it as text")
    text = strip_bom(text)
    said = column in _ANSWERS or "```" in text or "~~~" in text
    said = said or (column not in _PROGRAMS and is_prose(text))
    entry_point = name_in(entry_point_of(holder) or entry_point_of(line))
    if column in _CONTINUED and not said:
        prompt = line.values.get("prompt") or holder.values.get("prompt")
        text = _continued(text, prompt, entry_point) if isinstance(prompt, str) else text
    own = _language(line, holder, language)
    found = None
    if said or own is None:
        found = extract(text, own, entry_point, reads_stdin=reads_stdin(holder))
        own = own or found.language
    if own is None:
        label = found.label if found is not None else ""
        raise line.error(
            'no language: neither "language", nor a fence, nor the code'
            f' ({label or "nothing"}) says it; add "language", or give --language'
        )
    asked = parse_tests(holder, own)
    if found is None or not said:
        return Row(Program(text, own, asked.tests, id=_id(line)), asked.tested)
    program = Program(found.code, own, asked.tests, id=_id(line), reason=found.reason)
    return Row(program, asked.tested)


def _language(line: Line, holder: Line, asked: Language | None) -> Language | None:
    """What the row says, the row of its tests, or the command line; None where nothing does."""
    for row in (line, holder):
        name = row.values.get("language")
        if name is None:
            continue
        own = language_of(str(name))
        if own is None:
            raise row.error(f"unknown language {name!r}; known: {', '.join(Language)}")
        return own
    return asked


def _continued(text: str, prompt: str, entry_point: str) -> str:
    """A Python function that a prompt begins and a completion ends; other texts as they are."""
    names = re.findall(r"^(?:async )?def[ \t]+(\w+)", prompt, re.MULTILINE)
    name = entry_point or (names[-1] if names else "")
    defined = rf"^(?:(?:async )?def[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]+)?=(?!=))"
    if name not in names or re.search(defined, text, re.MULTILINE):
        return text
    return f"{prompt if prompt.endswith(chr(10)) else prompt + chr(10)}{text}"


def _listed(wrong: Sequence[str]) -> str:
    if len(wrong) == 1:
        return wrong[0]
    more = f"\n  and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    return f"{len(wrong)} rows are wrong:\n  " + "\n  ".join(wrong[:_NAMED]) + more


def _some(names: Mapping[str, Line] | Sequence[str]) -> str:
    few = [*names][:5]
    return ", ".join(few) + (", ..." if len(names) > len(few) else "")


def _id(row: Line) -> str:
    for key in ("id", "task_id", "question_id"):
        if key in row.values:
            return str(row.values[key])
    return str(row.number)
