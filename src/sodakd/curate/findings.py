"""What was found: a row for each question that is left out, and tables of them."""

from collections import Counter
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.table import Table

from sodakd.jsonl import write_lines
from sodakd.types import FrozenModel

_SHOWN = 5
_LETTERS = 90


class Finding(FrozenModel):
    """A row that is left out: what it is like, by which method, how much, and both texts.

    `row` and `twin` are `file#row`; of a benchmark `twin` is its name and its task's text.
    """

    row: str
    twin: str
    method: str
    score: float
    text: str
    twin_text: str


class Findings:
    """What is found, as it comes: how much by each method, and its pairs that are least alike.

    All of them go to `lines`, a file, if it is given: they may be as many as the rows.
    """

    def __init__(self, lines: IO[bytes] | None) -> None:
        self.counts = Counter[str]()
        self.least: dict[str, list[Finding]] = {}
        self._lines = lines

    def add(self, found: Finding) -> None:
        """Take one in."""
        self.counts[found.method] += 1
        shown = [*self.least.get(found.method, ()), found]
        # The least alike first: whether a limit is right shows there.
        self.least[found.method] = sorted(shown, key=lambda one: one.score)[:_SHOWN]
        if self._lines is not None:
            self._lines.write(f"{found.model_dump_json()}\n".encode())

    def write(self, path: Path) -> None:
        """Write all that are in the file, in the order in which they came."""
        if self._lines is not None:
            self._lines.seek(0)
            write_lines(path, (line.decode().removesuffix("\n") for line in self._lines))


def show_findings(found: Findings, rows: int, dropped: int, title: str, console: Console) -> None:
    """How many rows are left out by each method, and some pairs of each."""
    table = Table(title, title=f"{rows:,} row{'s' * (rows != 1)}", title_justify="left")
    for name in ("rows", "share"):
        table.add_column(name, justify="right")
    table.add_row("kept", f"{rows - dropped:,}", _share(rows - dropped, rows), style="bold")
    for method, count in found.counts.items():
        table.add_row(method, f"{count:,}", _share(count, rows))
    console.print(table)
    for method, least in found.least.items():
        for one in least:
            console.print(f"{method} {one.score:.2f}  {one.row}  {_line(one.text)}", markup=False)
            console.print(f"      of  {one.twin}  {_line(one.twin_text)}", markup=False)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LETTERS else f"{words[:_LETTERS]}..."
