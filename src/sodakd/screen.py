"""The console of every command: a table that does not fit it is laid out so that it can be read."""

from collections.abc import Iterator

from rich.console import Console, ConsoleRenderable, Group, RenderableType, RenderHook
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_LOG = 132
"""Columns of what is no terminal: nobody's screen is that narrow."""
_UNBOUND = 10_000


def make_console(*, stderr: bool = False) -> Console:
    """A console whose tables break no word and lose no figure, be it as narrow as it will."""
    console = _Console(stderr=stderr)
    if not console.is_terminal:
        console.width = max(console.width, _LOG)
    console.push_render_hook(_FitTables(console))
    return console


class _Console(Console):
    """A console whose reader may go: the command line ends then as with any other output."""

    def on_broken_pipe(self) -> None:
        """Hand on the error; rich itself would end with 1, as if something had failed."""
        raise BrokenPipeError


class _FitTables(RenderHook):
    """Lays out each table that is printed so that it fits."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return what is printed in the place of these."""
        return [
            fit(each, self._console) if isinstance(each, Table) else each for each in renderables
        ]


def fit(table: Table, console: Console) -> ConsoleRenderable:
    """Return a table whose columns are wrapped between words alone, so that it fits a console.

    Where that is not enough its rows stand below one another, a line for each cell.
    """
    options = console.options.update(width=_UNBOUND)

    def measured(cell: RenderableType) -> Measurement:
        return Measurement.get(console, options, cell)

    whole = measured(table).maximum
    if whole <= console.width:
        return table
    fewest, most = [], []
    for column in table.columns:
        cells = [measured(cell) for cell in (column.header, *column.cells)]
        most.append(max(cell.maximum for cell in cells))
        fewest.append(most[-1] if column.no_wrap else max(cell.minimum for cell in cells))
    room = console.width - (whole - sum(most)) - sum(fewest)
    if room < 0:
        return Group(*_as_lines(table, console))
    for column, few, many in zip(table.columns, fewest, most, strict=True):
        column.width = min(many, few + room)
        room -= column.width - few
    return table


def _as_lines(table: Table, console: Console) -> Iterator[RenderableType]:
    """A table's rows one below the other: the first cell, and below it the others by name."""
    if table.title:
        yield Text(str(table.title), "bold")
    names = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        yield row[0]
        for name, cell in zip(names[1:], row[1:], strict=True):
            text = console.render_str(str(cell))
            if text:
                yield Text.assemble("  ", f"{name}: " if name else "", text)
