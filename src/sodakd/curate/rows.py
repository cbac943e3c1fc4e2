"""Rows of a source, as they are and as questions that are compared."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, tee

from sodakd.errors import DataError
from sodakd.json_text import JsonError
from sodakd.row_files import STDIN, written
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import tell_language
from sodakd.seeds.prose import fenced
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.seed import Row, Seed, Tell
from sodakd.settings.questions import QuestionSettings
from sodakd.types import Language, Question


def read_both(settings: QuestionSettings, tell: Tell) -> Iterator[tuple[Row, Seed]]:
    """Every row of a source, and the seed that it is; one without a question has an empty text.

    What cannot be read, such as a list in the place of an object, is no row. How many such there
    are is told, and how many rows have no question.

    Raises:
        DataError: the source cannot be read, or holds no rows.
    """
    if settings.source == STDIN:
        raise DataError("standard input can be read once, and is needed twice: name a file")
    rows, again = tee(_readable(read_rows_of(settings.source, tell), tell))
    both = zip(rows, read_seeds(again, settings.columns, tell), strict=True)
    first = next(both, None)
    if first is None:
        raise DataError(f"{settings.source} holds no rows; name another source")
    return _counted(chain([first], both), tell)


def _counted(both: Iterable[tuple[Row, Seed]], tell: Tell) -> Iterator[tuple[Row, Seed]]:
    empty = 0
    for row, seed in both:
        empty += not seed.text
        yield row, seed
    if empty:
        tell(f"rows without a question, which are compared with nothing: {empty:,}")


def _readable(rows: Iterable[Row], tell: Tell) -> Iterator[Row]:
    first, count = "", 0
    for row in rows:
        if row.unread:
            count += 1
            first = first or f"{row.file}#{row.number}: {row.unread}"
        else:
            yield row
    if count:
        tell(f"rows that cannot be read and are left out: {count:,}; the first is {first}")


def line_of(row: Row) -> str:
    """A row as a line of JSON, with the columns that it came with.

    Raises:
        DataError: a column holds what no JSON can; names it.
    """
    values = {}
    for column, value in row.values.items():
        try:
            values[column] = written(value)
        except JsonError as error:
            raise DataError(
                f"{row.file}#{row.number}: column {column!r} holds {error}: leave the column out,"
                " or write it as text"
            ) from None
    return json.dumps(values, ensure_ascii=False)


def question_of(seed: Seed) -> Question:
    """A row's question in the language it wants, its answer's program as the reference."""
    made = Question.new(
        text=seed.text,
        language=tell_language(seed, Language.PYTHON).language or Language.PYTHON,
        tests=None,
        source=seed.origin,
        level=None,
        code_prompt=seed.code_prompt,
    )
    return made.model_copy(update={"reference": program_of(seed)})


def program_of(seed: Seed) -> str | None:
    """The program of a row's answer: what is in its first fences, else the whole."""
    return (fenced(seed.reference)[1] or seed.reference) if seed.reference else None
