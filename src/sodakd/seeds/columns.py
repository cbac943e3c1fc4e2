"""From a row of a source to a seed: which column is the question, which its answer.

The shapes are those of the field: Alpaca's columns, chat messages, TRL's prompt and completion,
preference pairs, LLaMA-Factory's conversations. The recipe may name the columns itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.seeds.seed import Row, Seed
from sodakd.settings.questions import ColumnSettings

_USERS = frozenset({"user", "human"})
_MODELS = frozenset({"assistant", "gpt", "model"})


@dataclass(frozen=True)
class Shape:
    """Columns that belong together. `text` must be there; of the others the first found counts.

    `turns` is for a column that holds questions only where it is a list of turns.
    """

    text: str
    input: str = ""
    reference: Sequence[str] = ()
    language: Sequence[str] = ("language", "lang", "programming_language")
    turns: bool = False

    def fits(self, row: Row) -> bool:
        """Whether a row has this shape."""
        value = row.values.get(self.text)
        return isinstance(value, list) if self.turns else self.text in row.values


SHAPES: Mapping[str, Shape] = {
    "alpaca": Shape("instruction", "input", ("output", "response", "chosen", "solution")),
    "messages": Shape("messages"),
    "conversations": Shape("conversations", reference=("chosen",)),
    "prompt": Shape("prompt", reference=("completion", "response", "chosen", "canonical_solution")),
    "problem": Shape("problem", reference=("solution", "answer")),
    "question": Shape("question", reference=("answer", "response", "solution")),
    "query": Shape("query", reference=("answer", "response")),
    "text": Shape("text", reference=("code", "completion")),
    "chosen": Shape("chosen", turns=True),
}
"""Tried in this order."""


def read_seeds(rows: Iterable[Row], columns: ColumnSettings) -> Iterator[Seed]:
    """Each row as a seed. A file's first row decides its shape.

    Raises:
        DataError: a file has none of the known shapes, or lacks a column that the recipe names.
    """
    shapes: dict[str, Shape] = {}
    for row in rows:
        if row.file not in shapes:
            shapes[row.file] = shape_of(row, columns)
        yield _seed(row, shapes[row.file])


def shape_of(row: Row, columns: ColumnSettings) -> Shape:
    """The columns to read a row by: those of the recipe, else those of the first known shape."""
    named = [name for name in (columns.text, columns.input, columns.reference) if name]
    absent = [name for name in named if name not in row.values]
    found = ", ".join(row.values) or "no columns"
    if absent:
        raise DataError(
            f"{row.file} has no column {', '.join(absent)}; found {found}: mend questions.columns"
        )
    known = next((shape for shape in SHAPES.values() if shape.fits(row)), None)
    if known is None and not columns.text:
        texts = ", ".join(shape.text for shape in SHAPES.values())
        raise DataError(
            f"{row.file} has no column that is known to hold questions ({texts}); found {found}:"
            " name it, as questions.columns.text"
        )
    known = known or Shape(columns.text)
    return Shape(
        columns.text or known.text,
        columns.input or known.input,
        (columns.reference,) if columns.reference else known.reference,
        (columns.language,) if columns.language else known.language,
    )


def _seed(row: Row, shape: Shape) -> Seed:
    asked, answered = _turns(row.values.get(shape.text))
    more = _text(row.values.get(shape.input)) if shape.input else ""
    if more.casefold() in {"none", "n/a", "<noinput>", "no input"}:
        more = ""
    reference = next((row.values[name] for name in shape.reference if row.values.get(name)), None)
    label = next((row.values[name] for name in shape.language if row.values.get(name)), "")
    return Seed(
        text="\n\n".join(part for part in (asked, more) if part),
        reference=answered or _answer(reference) or None,
        label=label if isinstance(label, str) else "",
        file=row.file,
        row=row.number,
    )


def _turns(value: JsonValue) -> tuple[str, str]:
    """The first thing a user says, and the first answer to it; a plain text is a question."""
    if not isinstance(value, list):
        return _text(value), ""
    asked = answered = ""
    for turn in value:
        if not isinstance(turn, dict):
            continue
        who = str(turn.get("role") or turn.get("from") or "")
        said = _text(turn.get("content") or turn.get("value"))
        if who in _USERS and not asked:
            asked = said
        elif who in _MODELS and asked and not answered:
            answered = said
    return asked, answered


def _answer(value: JsonValue) -> str:
    """An answer as a text, a message, or a list: its first text, or its last turn of a model."""
    if isinstance(value, list):
        turns = [turn for turn in value if isinstance(turn, dict)]
        said = [_answer(turn) for turn in turns if turn.get("role", turn.get("from")) in _MODELS]
        if said:
            return said[-1]
        return _answer(value[0]) if value else ""
    if isinstance(value, dict):
        return _text(value.get("content") or value.get("value"))
    return _text(value)


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\r\n", "\n").strip()
