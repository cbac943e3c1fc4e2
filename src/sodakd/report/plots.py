"""Small plots as SVG text: bars, lines with intervals, stacks. Colours are CSS variables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 30, 16, 44


@dataclass(frozen=True)
class Point:
    """A value at a place, with an interval where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """A named series of points."""

    name: str
    points: Sequence[Point]
    dots: bool = False
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True)
class Axis:
    """An axis: its title, its range, and names for places where it has them."""

    title: str
    low: float
    high: float
    names: Sequence[str] = field(default_factory=tuple)


def line_plot(lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """Lines over a common axis, with interval bars, dots and a legend."""
    body = [_frame(x, y)]
    for number, line in enumerate(lines):
        colour = f"var(--c{_colour(line, number)})"
        places = [(_x(point.x, x), _y(point.y, y)) for point in line.points]
        path = " ".join(
            f"{'M' if not at else 'L'}{px:.1f},{py:.1f}" for at, (px, py) in enumerate(places)
        )
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        body.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if line.dots:
            body += [_dot(point, line.name, colour, x, y) for point in line.points]
    colours = [_colour(line, number) for number, line in enumerate(lines)]
    return _svg(body) + _legend([line.name for line in lines], colours)


def stacked_bars(
    groups: Sequence[str], parts: Sequence[str], values: Sequence[Sequence[float]], y_title: str
) -> str:
    """A bar for each group, made of parts; `values[group][part]`."""
    y = Axis(y_title, 0, _nice(max((sum(row) for row in values), default=1)))
    x = Axis("", 0, len(groups))
    body = [_frame(x, y, ticks=False)]
    for at, (group, row) in enumerate(zip(groups, values, strict=True)):
        left, right = _x(at + 0.2, x), _x(at + 0.8, x)
        below = 0.0
        for number, value in enumerate(row):
            if value > 0:
                top, bottom = _y(below + value, y), _y(below, y)
                body.append(
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}"'
                    f' height="{bottom - top:.1f}" fill="var(--c{number % 6})">'
                    f"<title>{escape(group)}, {escape(parts[number])}: {value:,.10g}</title></rect>"
                )
            below += value
        body.append(_text((left + right) / 2, HEIGHT - BOTTOM + 16, group, "middle"))
    return _svg(body) + _legend(parts)


def grouped_bars(
    groups: Sequence[str],
    names: Sequence[str],
    values: Sequence[Sequence[Point | None]],
    y_title: str,
) -> str:
    """Bars side by side in each group, with intervals; `values[group][name]`, shares 0 to 1."""
    y, x = Axis(y_title, 0, 1), Axis("", 0, len(groups))
    body = [_frame(x, y, ticks=False)]
    for at, (group, row) in enumerate(zip(groups, values, strict=True)):
        each = 0.8 / max(1, len(row))
        for number, point in enumerate(row):
            if point is None:
                continue
            left, right = _x(at + 0.1 + each * number, x), _x(at + 0.1 + each * (number + 0.9), x)
            colour = f"var(--c{number % 6})"
            body.append(
                f'<rect x="{left:.1f}" y="{_y(point.y, y):.1f}" width="{right - left:.1f}"'
                f' height="{_y(0, y) - _y(point.y, y):.1f}" fill="{colour}">'
                f"<title>{escape(group)}, {escape(names[number])}: {_said(point)}</title></rect>"
            )
            body.append(_interval(point, (left + right) / 2, "var(--ink)", y))
        body.append(_text(_x(at + 0.5, x), HEIGHT - BOTTOM + 16, group, "middle"))
    return _svg(body) + _legend(names)


def histogram(values: Sequence[float], low: float, high: float, title: str) -> str:
    """Counts of values in 24 equal bins; what lies outside counts at the ends."""
    bins = 24
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int((value - low) / (high - low) * bins)))] += 1
    x, y = Axis(title, low, high), Axis("pairs", 0, _nice(max(counts, default=1)))
    step = (high - low) / bins
    body = [_frame(x, y)]
    for number, count in enumerate(counts):
        left, right = _x(low + step * number, x), _x(low + step * (number + 1), x)
        body.append(
            f'<rect x="{left:.1f}" y="{_y(count, y):.1f}" width="{right - left - 1:.1f}"'
            f' height="{_y(0, y) - _y(count, y):.1f}" fill="var(--c0)">'
            f"<title>{low + step * number:.2f} to {low + step * (number + 1):.2f}: {count}"
            "</title></rect>"
        )
    return _svg(body)


def _dot(point: Point, name: str, colour: str, x: Axis, y: Axis) -> str:
    px = _x(point.x, x)
    return (
        _interval(point, px, colour, y)
        + f'<circle cx="{px:.1f}" cy="{_y(point.y, y):.1f}" r="4.5" fill="{colour}">'
        f"<title>{escape(name)}: {_said(point)}</title></circle>"
    )


def _said(point: Point) -> str:
    if point.low is None or point.high is None:
        return f"{point.y:.3g}"
    return f"{100 * point.y:.1f} % ({100 * point.low:.1f} to {100 * point.high:.1f})"


def _interval(point: Point, px: float, colour: str, y: Axis) -> str:
    if point.low is None or point.high is None:
        return ""
    low, high = _y(point.low, y), _y(point.high, y)
    left = px - 4
    path = f"M{px:.1f},{low:.1f}V{high:.1f}M{left:.1f},{low:.1f}h8M{left:.1f},{high:.1f}h8"
    return f'<path d="{path}" stroke="{colour}" stroke-width="1.3"/>'


def _frame(x: Axis, y: Axis, *, ticks: bool = True) -> str:
    rows = []
    percent = y.high <= 1 and y.low >= 0 and "%" in y.title
    for step in range(5):
        value = y.low + (y.high - y.low) * step / 4
        at = _y(value, y)
        rows.append(f'<path d="M{LEFT},{at:.1f}H{WIDTH - RIGHT}" stroke="var(--line)"/>')
        shown = f"{100 * value:.0f}" if percent else f"{value:.3g}"
        rows.append(_text(LEFT - 8, at + 4, shown, "end"))
    if x.names:
        rows += [
            _text(_x(at, x), HEIGHT - BOTTOM + 16, name, "middle")
            for at, name in enumerate(x.names)
        ]
    elif ticks:
        for step in range(5):
            value = x.low + (x.high - x.low) * step / 4
            rows.append(_text(_x(value, x), HEIGHT - BOTTOM + 16, f"{value:,.4g}", "middle"))
    rows.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x.title, "middle", "axis"))
    rows.append(
        '<text class="axis"'
        f' transform="translate(13 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)"'
        f' text-anchor="middle">{escape(y.title)}</text>'
    )
    return "".join(rows)


def _svg(body: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(body)}</svg>'


def _colour(line: Line, number: int) -> int:
    return (number if line.colour is None else line.colour) % 6


def _legend(names: Sequence[str], colours: Sequence[int] | None = None) -> str:
    """Names and colours; the colours in their order where none are given."""
    shown = range(len(names)) if colours is None else colours
    entries = "".join(
        f'<span><i style="background:var(--c{number % 6})"></i>{escape(name)}</span>'
        for number, name in zip(shown, names, strict=True)
    )
    return f'<div class="legend">{entries}</div>'


def _text(px: float, py: float, text: str, anchor: str, style: str = "tick") -> str:
    place = f'x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(text)}</text>'


def _x(value: float, axis: Axis) -> float:
    return LEFT + (value - axis.low) / ((axis.high - axis.low) or 1) * (WIDTH - LEFT - RIGHT)


def _y(value: float, axis: Axis) -> float:
    bounded = min(max(value, axis.low), axis.high)
    return (
        HEIGHT
        - BOTTOM
        - (bounded - axis.low) / ((axis.high - axis.low) or 1) * (HEIGHT - TOP - BOTTOM)
    )


def _nice(value: float) -> float:
    """The next round number at or above a value."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    return next((power * step for step in (1, 2, 4, 5, 8, 10) if power * step >= value), value)
