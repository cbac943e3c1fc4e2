"""`write_comparison`: a comparison as `compare.json`, and on one self-contained page."""

from dataclasses import replace
from pathlib import Path

from sodakd import __version__
from sodakd.efficiency import STAGES
from sodakd.evaluate.over_seeds import OverSeeds
from sodakd.jsonl import atomic_write
from sodakd.report.axes import MEDIUM, Axis, Canvas, rounded
from sodakd.report.bars import horizontal_bars
from sodakd.report.comparison import Comparison
from sodakd.report.comparison_tables import comparison_tables, stages_of
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import nominal
from sodakd.report.pareto import pareto_plot
from sodakd.report.plots import LegendEntry, Line, Point, forest, line_plot
from sodakd.report.template import render_page

_ROW = 34
_COLOURS = 6


def write_comparison(found: Comparison, out: Path) -> Path:
    """Write `compare.json` and `compare.html` into a folder; return the page's path."""
    page = out / "compare.html"
    atomic_write(out / "compare.json", found.model_dump_json(indent=1).encode())
    atomic_write(page, render_comparison(found).encode())
    return page


def render_comparison(found: Comparison) -> str:
    """The page's HTML, of the comparison alone; every name in it is escaped."""
    return render_page(
        "comparison.html",
        version=__version__,
        found=found,
        figures=[_means(found), _curves(found), *_pareto(found), *_stages(found)],
        tables=comparison_tables(found),
    )


def _keys(found: Comparison) -> dict[str, LegendEntry]:
    """Return each method's colour; those after the sixth have it again, dashed."""
    base, *names = [row.method for row in found.methods]
    return {base: LegendEntry(base, "var(--base)")} | {
        name: replace(nominal(name, names), dashed=place >= _COLOURS)
        for place, name in enumerate(names)
    }


def _means(found: Comparison) -> Figure:
    """Each method's mean and interval on the first group."""
    keys = _keys(found)
    lines = [
        Line(row.method, [_point(0, row.groups[0].pass_at_1)], keys[row.method].colour)
        for row in found.methods
    ]
    canvas = Canvas(600, 28 + _ROW * len(lines), left=120, right=22, top=4, bottom=24)
    title = f"{found.measure}, {found.methods[0].groups[0].group}: mean over seeds"
    body = plot(forest(lines, Axis(found.measure, 0, 1), canvas, title))
    return Figure(title, body, "Bands: 95 % t intervals over seeds.", "medium")


def _curves(found: Comparison) -> Figure:
    """pass@1 by what the teacher was asked, from student to student of a method."""
    keys = _keys(found)
    methods = [row.method for row in found.methods[1:]]
    base = [row for row in found.curve if row.method == found.methods[0].method]
    lines = []
    for method in methods:
        own = [row for row in found.curve if row.method == method]
        points = [_point(row.teacher_calls.mean, row.pass_at_1) for row in (*base, *own)]
        key = keys[method]
        lines.append(Line(method, points, key.colour, dots=True, dashed=key.dashed))
    most = rounded(max((point.x for line in lines for point in line.points), default=1))
    top = rounded(max(point.high or point.y for line in lines for point in line.points))
    x = Axis("teacher calls", 0, most)
    y = Axis(f"{found.measure}, %", 0, min(1.0, top), percent=True)
    title = f"{found.measure}, {found.methods[0].groups[0].group}, by teacher calls"
    body = plot(line_plot(lines, x, y, MEDIUM, title), [keys[name] for name in methods])
    return Figure(title, body, "Every student of a method, from the base on. Means over seeds.",
                  "medium")  # fmt: skip


def _pareto(found: Comparison) -> list[Figure]:
    """pass@1 by what the teacher cost: in money where its price is known, else in tokens."""
    methods = found.methods[1:]
    money = [row.money for row in methods if row.money is not None]
    paid = len(money) == len(methods) and any(cost.mean for cost in money)
    costs = money if paid else [row.teacher_tokens for row in methods]
    words = "US $ for the teacher" if paid else "tokens of the teacher"
    if not any(cost.mean for cost in costs):
        return []
    keys = _keys(found)
    points = [
        Line(row.method, [_point(cost.mean, row.groups[0].pass_at_1)], keys[row.method].colour)
        for row, cost in zip(methods, costs, strict=True)
    ]
    title = f"{found.measure}, {found.methods[0].groups[0].group}, by {words}"
    body = plot(pareto_plot(points, words, found.measure, title))
    return [Figure(title, body, "The line joins the methods than which no other is both better and"
                   " cheaper. Means over seeds.", "medium")]  # fmt: skip


def _stages(found: Comparison) -> list[Figure]:
    """Where the calls of each method went, by stage."""
    methods = [row for row in found.methods if row.teacher_calls.mean]
    stages = stages_of(found)
    if not methods:
        return []
    keys = [nominal(stage, STAGES) for stage in stages]
    values = [
        [sum(each.calls.mean for each in row.stages if each.stage == stage) for stage in stages]
        for row in methods
    ]
    bars = horizontal_bars([row.method for row in methods], keys, values, "calls", MEDIUM.width)
    words = "Calls to the teacher by stage. Means over seeds."
    return [Figure("Where the calls went", plot(bars, keys), words, "medium")]


def _point(x: float, figure: OverSeeds) -> Point:
    low = None if figure.low is None else max(0.0, figure.low)
    high = None if figure.high is None else min(1.0, figure.high)
    return Point(x, figure.mean, low, high)
