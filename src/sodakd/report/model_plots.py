"""Pictures of a table of models: quality with intervals, and quality against what it costs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from sodakd.report.axes import Axis, Canvas, drawing, frame, rounded, text
from sodakd.report.figure import Figure, plot
from sodakd.report.model_table import Measured, ModelTable, TableRow
from sodakd.report.model_text import price_of
from sodakd.report.plots import Line, Point, forest, format_value, whisker

_ROW = 30
_FAR = 20
"""An axis whose largest value is so many times the smallest is logarithmic."""
_PARETO = Canvas(600, 330, left=50, right=22)


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
    return [Figure(title, _picture(rows, costs, _COSTS[at].words, title), words, "medium")]


def _picture(
    rows: Sequence[TableRow], costs: Mapping[str, float], words: str, title: str
) -> Markup:
    points = {row.entry.name: _point(row, costs[row.entry.name]) for row in rows}
    y = Axis("pass@1, %", 0, min(1.0, rounded(max(p.high or p.y for p in points.values()))),
             percent=True)  # fmt: skip
    x = _axis(words, list(costs.values()))
    body = [frame(_PARETO, x, y)]
    path = "L".join(
        f"{_PARETO.x(p.x, x):.1f},{_PARETO.y(p.y, y):.1f}" for p in frontier(points.values())
    )
    body.append(f'<path class="line dashed" d="M{path}" style="stroke:var(--a)"/>')
    middle = _PARETO.left + (_PARETO.width - _PARETO.left - _PARETO.right) / 2
    for name, point in points.items():
        px, py = _PARETO.x(point.x, x), _PARETO.y(point.y, y)
        said = f"{name}, {words} {point.x:,.4g}: {format_value(point)}"
        body += [
            whisker(point, px, y, _PARETO, "var(--soft)"),
            f'<circle class="spot" cx="{px:.1f}" cy="{py:.1f}" r="5" style="fill:var(--a)">'
            f"<title>{escape(said)}</title></circle>",
            text(px - 8, py - 5, name, "end") if px > middle else text(px + 8, py - 5, name),
        ]
    return plot(drawing(_PARETO, body, title))


def frontier(points: Iterable[Point]) -> list[Point]:
    """Return the points than which no other is both as cheap and better, cheapest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda each: (each.x, -each.y)):
        if not found or point.y > found[-1].y:
            found.append(point)
    return found


def _axis(words: str, values: Sequence[float]) -> Axis:
    least, most = min(values), max(values)
    if least > 0 and most / least >= _FAR:
        return Axis(words, least / 1.3, most * 1.3, log=True)
    return Axis(words, 0, rounded(most) if most else 1)


def _point(row: TableRow, at: float) -> Point:
    first = row.groups[0]
    return Point(at, first.pass_at[1], max(0.0, first.low), min(1.0, first.high))
