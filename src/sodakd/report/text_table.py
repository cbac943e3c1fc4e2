"""Tables whose cells are text, and how figures are written in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text; `words` say how to read it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: str = ""


def show_tables(tables: Sequence[TextTable], remarks: Sequence[str], console: Console) -> None:
    """Print tables, and remarks below them."""
    for text in tables:
        table = Table(title=text.title)
        for place, head in enumerate(text.heads):
            table.add_column(head, justify="right" if place else "left")
        for row in text.rows:
            table.add_row(*row)
        console.print(table)
        if text.words:
            console.print(text.words, markup=False, highlight=False)
    for words in remarks:
        console.print(words, markup=False, highlight=False)


def percent(value: float, low: float | None, high: float | None) -> str:
    """`60.4 (56.9-63.9)` of a share; an interval ends where a share does."""
    text = f"{100 * value:.1f}"
    if low is None or high is None:
        return text
    return f"{text} ({100 * max(0.0, low):.1f}-{100 * min(1.0, high):.1f})"


def points(value: float, low: float | None, high: float | None) -> str:
    """`+7.2 (-1.5 to +15.9)` of a difference of shares."""
    text = f"{100 * value:+.1f}"
    if low is None or high is None:
        return text
    return f"{text} ({100 * low:+.1f} to {100 * high:+.1f})"


def p_value(value: float) -> str:
    """`0.021`, or `< 0.001`."""
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"
