"""What was found: a row for each question that is left out, and tables of them."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

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


def show_findings(
    found: Sequence[Finding], rows: int, dropped: int, title: str, console: Console
) -> None:
    """How many rows are left out by each method, and some pairs of each."""
    table = Table(title, title=f"{rows:,} row{'s' * (rows != 1)}", title_justify="left")
    for name in ("rows", "share"):
        table.add_column(name, justify="right")
    table.add_row("kept", f"{rows - dropped:,}", _share(rows - dropped, rows), style="bold")
    counts = Counter(one.method for one in found)
    for method, count in counts.items():
        table.add_row(method, f"{count:,}", _share(count, rows))
    console.print(table)
    for method in counts:
        own = [one for one in found if one.method == method]
        # The least alike first: whether a limit is right shows there.
        for one in sorted(own, key=lambda one: one.score)[:_SHOWN]:
            console.print(f"{method} {one.score:.2f}  {one.row}  {_line(one.text)}", markup=False)
            console.print(f"      of  {one.twin}  {_line(one.twin_text)}", markup=False)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LETTERS else f"{words[:_LETTERS]}..."
