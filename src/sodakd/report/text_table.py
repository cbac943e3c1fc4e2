"""Tables whose cells are text: for the screen and for a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text; `words` say how to read it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: str = ""
    names: int = 1
    """Columns from the left that hold names: they stand to the left."""


def show_tables(tables: Iterable[TextTable], console: Console) -> None:
    """Print tables, each with what is said of it."""
    for text in tables:
        table = Table(title=text.title)
        for place, head in enumerate(text.heads):
            table.add_column(head, justify="left" if place < text.names else "right")
        for row in text.rows:
            table.add_row(*map(escape, row))
        console.print(table)
        if text.words:
            console.print(text.words, markup=False, highlight=False)
