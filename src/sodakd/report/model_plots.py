"""Pictures of a table of models: quality with intervals, and quality against what it costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sodakd.report.axes import Axis, Canvas
from sodakd.report.figure import Figure, plot
from sodakd.report.model_table import Measured, ModelTable, TableRow
from sodakd.report.model_text import price_of
from sodakd.report.pareto import pareto_plot
from sodakd.report.plots import Line, Point, forest

_ROW = 30


@dataclass(frozen=True)
class _Cost:
    """What a model costs: how it is said, and of a row."""

    words: str
    of: Callable[[TableRow, Mapping[str, Measured]], float | None]


_COSTS = (
    _Cost("US $ a thousand answers", price_of),
    _Cost("seconds an answer",
          lambda row, measured: own.seconds if (own := measured.get(row.entry.name)) else None),
    _Cost("tokens an answer", lambda row, _: row.completion_tokens),
)  # fmt: skip


def model_figures(found: ModelTable, measured: Mapping[str, Measured]) -> list[Figure]:
    """Return the figures: each model's first rate with its interval, and the Pareto picture."""
    return [_rates(found), *_pareto(found, measured)] if found.rows else []


def _rates(found: ModelTable) -> Figure:
    lines = [Line(row.entry.name, [_point(row, 0)], "var(--a)") for row in found.rows]
    canvas = Canvas(600, 28 + _ROW * len(lines), left=180, right=22, top=4, bottom=24)
    title = f"pass@1, {found.rows[0].groups[0].group}"
    body = plot(forest(lines, Axis("pass@1", 0, 1), canvas, title))
    return Figure(title, body, "Bands: 95 % intervals.", "medium")


def _pareto(found: ModelTable, measured: Mapping[str, Measured]) -> list[Figure]:
    """Quality against the cost that most rows have: money before seconds before tokens."""
    known = [
        {row.entry.name: cost for row in found.rows if (cost := each.of(row, measured)) is not None}
        for each in _COSTS
    ]
    at = max(range(len(_COSTS)), key=lambda place: (len(known[place]), -place))
    costs = known[at]
    if not costs:
        return []
    rows = [row for row in found.rows if row.entry.name in costs]
    without = [row.entry.name for row in found.rows if row.entry.name not in costs]
    title = f"pass@1, {rows[0].groups[0].group}, by {_COSTS[at].words}"
    words = "The line joins the models than which no other is both better and cheaper."
    words += f" Not here: {', '.join(without)}." if without else ""
    points = [
        Line(row.entry.name, [_point(row, costs[row.entry.name])], "var(--a)") for row in rows
    ]
    body = plot(pareto_plot(points, _COSTS[at].words, "pass@1", title))
    return [Figure(title, body, words, "medium")]


def _point(row: TableRow, at: float) -> Point:
    first = row.groups[0]
    return Point(at, first.pass_at[1], max(0.0, first.low), min(1.0, first.high))
