"""From a row of a source to a seed: which column is the question, which its answer.

The shapes are those of the field: Alpaca's columns, chat messages, TRL's prompt and completion,
preference pairs, LLaMA-Factory's conversations. The recipe may name the columns itself.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.json_text import nested
from sodakd.judging.row_tests import KEYS
from sodakd.judging.rows import PROGRAM_COLUMNS
from sodakd.seeds.given_io import COLUMNS, PICKLED
from sodakd.seeds.given_tests import LISTS, given_tests
from sodakd.seeds.said import TURNS, answer_of, exchange_of, text_of
from sodakd.seeds.seed import Row, Seed, Tell, untold
from sodakd.seeds.templates import NotText
from sodakd.settings.questions import ColumnSettings
from sodakd.text.labels import label_of

_LOOKED_AT = 100
"""Rows of a file that tell what its columns hold."""
_TESTS = re.compile(
    r"(?i)(?:\w+_)?(?:tests?|test_?cases?|asserts?|ut)(?:_(?:list|cases?|code|script|info))?"
    r"|input_output|verification_info|inputs_outputs"
)
_BESIDE = ("challenge_test_list", "test_setup_code", "test_imports", "test_info")
"""What stands beside tests, and is read with them or says nothing more."""


@dataclass(frozen=True)
class Shape:
    """Columns that belong together. `text` must be there; of the others the first found counts.

    `turns` is for a column that holds questions only where it is a list of turns; `beside` is a
    column without which this one holds none.
    """

    text: str
    input: str = ""
    reference: Sequence[str] = ()
    language: Sequence[str] = ("language", "lang", "programming_language")
    turns: bool = False
    beside: str = ""

    def fits(self, values: Mapping[str, JsonValue]) -> bool:
        """Whether a row with these values has this shape."""
        if self.beside and self.beside not in values:
            return False
        value = values.get(self.text)
        return isinstance(value, list) if self.turns else self.text in values


SHAPES: Mapping[str, Shape] = {
    "alpaca": Shape("instruction", "input", ("output", "response", "chosen", "solution")),
    **{name: Shape(name, reference=("chosen",)) for name in TURNS},
    "prompt": Shape(
        "prompt", reference=("completion", "response", "chosen", "canonical_solution", "code")
    ),
    "problem": Shape("problem", reference=("solution", "answer")),
    "question": Shape("question", reference=("answer", "response", "solution")),
    "query": Shape("query", reference=("answer", "response")),
    "text": Shape("text", reference=("code", "completion")),
    "chosen": Shape("chosen", turns=True),
    "LiveCodeBench": Shape("question_content"),
    "CodeContests": Shape("description", beside="public_tests"),
    "OpenCodeInstruct": Shape("input", reference=("output",), beside="unit_tests"),
}
"""Tried in this order."""


def read_seeds(rows: Iterable[Row], columns: ColumnSettings, tell: Tell = untold) -> Iterator[Seed]:
    """Each row as a seed. A file's first rows decide its shape, and a row without a question in it
    has its own; what the first rows hold that is not read is told.

    Raises:
        DataError: a file has none of the known shapes, or lacks a column that the recipe names.
    """
    for file, group in groupby(rows, key=lambda row: row.file):
        first = list(islice(group, _LOOKED_AT))
        shapes = _shapes_of(file, first, columns)
        for line in _not_read(file, first, columns, shapes[0]):
            tell(line)
        for row in chain(first, group):
            yield _seed(row, _own_shape(row, shapes), columns)


def _shapes_of(file: str, rows: Sequence[Row], columns: ColumnSettings) -> Sequence[Shape]:
    """The columns to read a file by: those of the recipe, else those of the first known shape, and
    behind it the others.
    """
    values = _found(rows)
    if not values and any(row.unread for row in rows):
        raise DataError(f"{file}, row {rows[0].number}: {rows[0].unread}; mend it, or remove it")
    asked = (columns.text, columns.input, columns.reference, columns.tests, columns.entry_point)
    named = [name for name in asked if name]
    absent = [name for name in named if name not in values]
    found = ", ".join(values) or "no columns"
    if absent:
        raise DataError(
            f"{file} has no column {', '.join(absent)}; found {found}: mend questions.columns"
        )
    known = next((shape for shape in SHAPES.values() if shape.fits(values)), None)
    if known is None and not columns.text:
        texts = ", ".join(shape.text for shape in SHAPES.values())
        raise DataError(
            f"{file} has no column that is known to hold questions ({texts}); found {found}:"
            " name it, as questions.columns.text"
        )
    known = known or Shape(columns.text)
    labels = (columns.language,) if columns.language else known.language
    languages = tuple(name for name in labels if _names_languages(name, rows))
    others = () if columns.text else (shape for shape in SHAPES.values() if shape is not known)
    return [
        replace(
            shape,
            text=columns.text or shape.text,
            input=columns.input or shape.input,
            reference=(columns.reference,) if columns.reference else shape.reference,
            language=languages,
        )
        for shape in (known, *others)
    ]


def _own_shape(row: Row, shapes: Sequence[Shape]) -> Shape:
    """The first shape in which a row has a question; the file's where there is none."""
    held = {name: value for name, value in row.values.items() if value}
    return next((shape for shape in shapes if shape.fits(held)), shapes[0])


def _found(rows: Sequence[Row]) -> dict[str, JsonValue]:
    """The columns of some rows, each with its first value that is one."""
    values: dict[str, JsonValue] = {}
    for row in rows:
        values |= {name: each for name, each in row.values.items() if values.get(name) is None}
    return values


def _labels(name: str, rows: Sequence[Row]) -> list[str]:
    values = [row.values.get(name) for row in rows]
    return [value for value in values if isinstance(value, str) and value.strip()]


def _names_languages(name: str, rows: Sequence[Row]) -> bool:
    """Whether a column names languages of programs: half of its values, at least, are known."""
    labels = _labels(name, rows)
    return bool(labels) and 2 * sum(bool(label_of(label)) for label in labels) >= len(labels)


def _not_read(
    file: str, rows: Sequence[Row], columns: ColumnSettings, shape: Shape
) -> Iterator[str]:
    """What a file's first rows hold that might be thought to be read, a line each."""
    values = _found(rows)
    read = {*KEYS, *LISTS, *COLUMNS, *_BESIDE, columns.tests}
    pickled = sum(isinstance(nested(row.values.get(PICKLED)), str) for row in rows)
    if pickled:
        yield (
            f"{file}: {PICKLED} ({pickled} of the first {len(rows)} rows) is a pickle, which may"
            " run a program where it is read: the public cases alone are the tests"
        )
    tests = [
        name
        for name, value in values.items()
        if value and name not in read and _TESTS.fullmatch(name)
    ]
    if tests:
        have = sum(any(row.values.get(name) for name in tests) for row in rows)
        yield (
            f"{file}: the tests in {', '.join(tests)} ({have} of the first {len(rows)} rows have"
            " some) are not read: programs are verified by compiling and running them"
        )
    labels = (columns.language,) if columns.language else Shape("").language
    for name in labels:
        if name not in shape.language and _labels(name, rows):
            example = _labels(name, rows)[0][:30]
            yield f"{file}: column {name} names no language of programs ({example}): not read"


def _seed(row: Row, shape: Shape, columns: ColumnSettings) -> Seed:
    values = row.values
    reference = _first(values, shape.reference)
    label = _first(values, shape.language)
    text = answered = ""
    unread = row.unread
    try:
        said = exchange_of(values.get(shape.text))
        more = _input(values.get(shape.input)) if shape.input else ""
        text = "\n\n".join(part for part in (said.asked, more) if part)
        answered = said.answered
    except NotText as error:
        unread = str(error)
    seed = Seed(
        text=text,
        reference=answered or answer_of(reference) or None,
        label=label if isinstance(label, str) else "",
        file=row.file,
        row=row.number,
        unread=unread,
    )
    try:
        given = given_tests(row, text, seed.label, columns)
    except DataError as error:
        return seed.model_copy(update={"bad_tests": str(error)})
    if given is None:
        return seed
    programs = () if columns.reference else PROGRAM_COLUMNS
    program = _first(values, [name for name in programs if name not in (shape.text, shape.input)])
    tested = {
        "text": given.text or text,
        "reference": given.reference or seed.reference or answer_of(program) or None,
        "label": seed.label or given.language or "",
        "tests": given.tests,
        "code_prompt": given.code_prompt,
    }
    return seed.model_copy(update=tested)


def _first(values: Mapping[str, JsonValue], names: Sequence[str]) -> JsonValue:
    """The value of the first of these columns that holds one."""
    return next((values[name] for name in names if values.get(name)), None)


def _input(value: JsonValue) -> str:
    """What is laid under a question: a text, or a number."""
    text = json.dumps(value) if isinstance(value, int | float) else text_of(value)
    return "" if text.casefold() in {"none", "n/a", "<noinput>", "no input"} else text
