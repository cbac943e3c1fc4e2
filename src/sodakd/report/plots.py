"""Plots of lines and of intervals, as SVG text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sodakd.report.axes import Axis, Canvas, drawing, frame, text

HOVERS = 48
"""Places of one line that say their value under the pointer."""


@dataclass(frozen=True)
class Point:
    """A value at a place, with an interval where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """A named series of points. Dots stand for single measurements."""

    name: str
    points: Sequence[Point]
    colour: str
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class LegendEntry:
    """An entry of a legend."""

    name: str
    colour: str
    dashed: bool = False


def line_plot(lines: Sequence[Line], x: Axis, y: Axis, canvas: Canvas, title: str) -> str:
    """Lines over common axes."""
    body = [frame(canvas, x, y)]
    for line in lines:
        places = [(canvas.x(point.x, x), canvas.y(point.y, y)) for point in line.points]
        if len(places) == 1 and not line.dots:  # a line through one point cannot be seen
            px, py = places[0]
            body.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" style="fill:{line.colour}"/>')
        path = "L".join(f"{px:.1f},{py:.1f}" for px, py in places)
        style = "line dashed" if line.dashed else "line"
        body.append(f'<path class="{style}" d="M{path}" style="stroke:{line.colour}"/>')
    for line in lines:
        every = 1 if line.dots else max(1, len(line.points) // HOVERS)
        body += [_dot(point, line, x, y, canvas) for point in line.points[::every]]
    return drawing(canvas, body, title)


def forest(rows: Sequence[Line], axis: Axis, canvas: Canvas, title: str) -> str:
    """A row for each name: its value and interval on one common axis, in percent."""
    body = []
    each = (canvas.height - canvas.top - canvas.bottom) / max(1, len(rows))
    base = canvas.height - canvas.bottom
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = canvas.x(value, axis)
        body.append(f'<path class="grid" d="M{at:.1f},{canvas.top}V{base}"/>')
        body.append(text(at, base + 16, f"{100 * value:.0f} %", "middle"))
    for number, row in enumerate(rows):
        point = row.points[0]
        py = canvas.top + each * (number + 0.5)
        body.append(text(canvas.left - 12, py + 4, row.name, "end", "label"))
        said = f"<title>{escape(row.name)}: {format_value(point)}</title>"
        band = ""
        if point.low is not None and point.high is not None:
            low, high = canvas.x(point.low, axis), canvas.x(point.high, axis)
            band = f'<path class="band" d="M{low:.1f},{py:.1f}H{high:.1f}"/>'
        body.append(
            f'<g style="fill:{row.colour};stroke:{row.colour}">{said}{band}'
            f'<circle cx="{canvas.x(point.y, axis):.1f}" cy="{py:.1f}" r="6"/></g>'
        )
    return drawing(canvas, body, title)


def legend(keys: Sequence[LegendEntry]) -> str:
    """Names and colours, as HTML."""
    entries = "".join(
        f'<span><i class="{"dash" if key.dashed else "dot"}" style="color:{key.colour}"></i>'
        f"{escape(key.name)}</span>"
        for key in keys
    )
    return f'<div class="legend">{entries}</div>'


def whisker(point: Point, px: float, y: Axis, canvas: Canvas, colour: str) -> str:
    """The bar of an interval, or nothing."""
    if point.low is None or point.high is None:
        return ""
    low, high = canvas.y(point.low, y), canvas.y(point.high, y)
    path = f"M{px:.1f},{low:.1f}V{high:.1f}M{px - 3:.1f},{low:.1f}h6M{px - 3:.1f},{high:.1f}h6"
    return f'<path class="whisker" d="{path}" style="stroke:{colour}"/>'


def format_value(point: Point) -> str:
    """A value in words; a share with its interval."""
    if point.low is None or point.high is None:
        return f"{point.y:.4g}"
    return f"{100 * point.y:.1f} % (95 %: {100 * point.low:.1f} to {100 * point.high:.1f})"


def _dot(point: Point, line: Line, x: Axis, y: Axis, canvas: Canvas) -> str:
    px, py = canvas.x(point.x, x), canvas.y(point.y, y)
    place = "" if line.dots else f", {x.title} {point.x:,.6g}"
    said = f"<title>{escape(line.name + place)}: {format_value(point)}</title>"
    if not line.dots:
        return f'<circle class="hover" cx="{px:.1f}" cy="{py:.1f}" r="5">{said}</circle>'
    return whisker(point, px, y, canvas, line.colour) + (
        f'<circle class="spot" cx="{px:.1f}" cy="{py:.1f}" r="5" style="fill:{line.colour}">'
        f"{said}</circle>"
    )
