"""The Pareto picture: quality against cost, and what nothing else is better and cheaper than."""

from collections.abc import Iterable, Sequence
from html import escape

from sodakd.report.axes import Axis, Canvas, drawing, frame, rounded, text
from sodakd.report.plots import Line, Point, format_value, whisker

_CANVAS = Canvas(600, 330, left=50, right=22)
_FAR = 20
"""An axis whose largest value is so many times the smallest is logarithmic."""
_APART = 11.0
"""Between the lines of two names, in units of the drawing."""
_LETTER = 6.2
"""About a letter's width."""


def pareto_plot(lines: Sequence[Line], cost: str, quality: str, title: str) -> str:
    """Return the picture of lines of one point, `x` a cost and `y` a share, and their frontier."""
    points = {line.name: line.points[0] for line in lines}
    most = max(point.high or point.y for point in points.values())
    y = Axis(f"{quality}, %", 0, min(1.0, rounded(most)), percent=True)
    x = _axis(cost, [point.x for point in points.values()])
    path = "L".join(
        f"{_CANVAS.x(p.x, x):.1f},{_CANVAS.y(p.y, y):.1f}" for p in frontier(points.values())
    )
    dashes = f'<path class="line dashed" d="M{path}" style="stroke:var(--soft)"/>'
    whiskers, spots, names = [], [], []
    taken: list[tuple[float, float]] = []
    for line in sorted(lines, key=lambda each: -each.points[0].y):
        point = line.points[0]
        px, py = _CANVAS.x(point.x, x), _CANVAS.y(point.y, y)
        said = f"{line.name}, {cost} {point.x:,.4g}: {format_value(point)}"
        whiskers.append(whisker(point, px, y, _CANVAS, "var(--soft)"))
        spots.append(
            f'<circle class="spot" cx="{px:.1f}" cy="{py:.1f}" r="5" style="fill:{line.colour}">'
            f"<title>{escape(said)}</title></circle>"
        )
        at = _free(px, py - 5, taken)
        fits = px + 8 + _LETTER * len(line.name) < _CANVAS.width
        names.append(text(px + 8 if fits else px - 8, at, line.name,
                          "start" if fits else "end", "tick over"))  # fmt: skip
    return drawing(_CANVAS, [frame(_CANVAS, x, y), dashes, *whiskers, *spots, *names], title)


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


def _free(px: float, wanted: float, taken: list[tuple[float, float]]) -> float:
    """The next line, downwards, on which no name of a point nearby stands."""
    near = sorted(at for place, at in taken if abs(place - px) < _CANVAS.width / 6)
    for at in near:
        if abs(at - wanted) < _APART:
            wanted = at + _APART
    taken.append((px, wanted))
    return wanted
