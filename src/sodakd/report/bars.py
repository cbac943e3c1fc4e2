"""Plots of bars, as SVG text: stacked, grouped, lying, and histograms."""

from collections.abc import Sequence
from html import escape
from statistics import median

from sodakd.report.axes import SMALL, Axis, Canvas, drawing, frame, rounded, short, text
from sodakd.report.plots import LegendEntry, Point, format_value, whisker


def stacked_bars(
    groups: Sequence[str],
    parts: Sequence[LegendEntry],
    values: Sequence[Sequence[int]],
    y_title: str,
    canvas: Canvas = SMALL,
) -> str:
    """A bar for each group, made of parts; `values[group][part]`. Large parts say their share."""
    y = Axis(y_title, 0, rounded(max((sum(row) for row in values), default=1)))
    x = Axis("", 0, len(groups))
    body = [frame(canvas, None, y)]
    for at, (group, row) in enumerate(zip(groups, values, strict=True)):
        left, right = canvas.x(at + 0.18, x), canvas.x(at + 0.82, x)
        below, total = 0, sum(row)
        for part, value in zip(parts, row, strict=True):
            if value <= 0:
                continue
            top, bottom = canvas.y(below + value, y), canvas.y(below, y)
            share = f"{100 * value / total:.0f} %"
            said = f"{group}, {part.name}: {value:,} ({share})"
            body.append(_bar(left, top, right - left, bottom - top, part.colour, said))
            if bottom - top > 15 and right - left > 32:
                body.append(text((left + right) / 2, (top + bottom) / 2 + 4, share, "middle", "in"))
            below += value
        body.append(text((left + right) / 2, canvas.height - canvas.bottom + 17, group, "middle"))
    return drawing(canvas, body, y_title)


def grouped_bars(
    groups: Sequence[str],
    series: Sequence[LegendEntry],
    values: Sequence[Sequence[Point | None]],
    y: Axis,
    canvas: Canvas,
) -> str:
    """Bars side by side in each group, with intervals; `values[group][series]`."""
    x = Axis("", 0, len(groups))
    body = [frame(canvas, None, y)]
    for at, (group, row) in enumerate(zip(groups, values, strict=True)):
        each = 0.8 / max(1, len(row))
        for number, (key, point) in enumerate(zip(series, row, strict=True)):
            if point is None:
                continue
            left = canvas.x(at + 0.1 + each * number, x)
            right = canvas.x(at + 0.1 + each * (number + 0.86), x)
            top, base = canvas.y(point.y, y), canvas.y(y.low, y)
            said = f"{group}, {key.name}: {format_value(point)}".removeprefix(", ")
            body.append(_bar(left, top, right - left, max(base - top, 0.8), key.colour, said))
            body.append(whisker(point, (left + right) / 2, y, canvas, "var(--whisker)"))
        at_x = canvas.x(at + 0.5, x)
        body.append(text(at_x, canvas.height - canvas.bottom + 17, group, "middle"))
    return drawing(canvas, body, y.title)


def horizontal_bars(
    rows: Sequence[str],
    parts: Sequence[LegendEntry],
    values: Sequence[Sequence[float]],
    unit: str,
    canvas_width: int = SMALL.width,
) -> str:
    """A lying bar for each row, made of parts, with its sum at its end; `values[row][part]`."""
    longest = max(map(len, rows), default=0)
    left = min(canvas_width // 2, max(124, round(6.4 * longest) + 12))  # else names are cut off
    canvas = Canvas(canvas_width, 28 + 25 * len(rows), left=left, right=52, top=4, bottom=24)
    x = Axis("", 0, max((sum(row) for row in values), default=1.0) or 1.0)
    body = []
    for number, (name, row) in enumerate(zip(rows, values, strict=True)):
        top, done = canvas.top + 25.0 * number, 0.0
        body.append(text(canvas.left - 8, top + 15, name, "end"))
        for part, value in zip(parts, row, strict=True):
            if value <= 0:
                continue
            start, end = canvas.x(done, x), canvas.x(done + value, x)
            said = f"{name}, {part.name}: {value:,.6g} {unit}"
            body.append(_bar(start, top + 3, max(end - start, 0.8), 17, part.colour, said))
            done += value
        body.append(text(canvas.x(done, x) + 6, top + 15, short(done)))
    middle = (canvas.left + canvas.width - canvas.right) / 2
    body.append(text(middle, canvas.height - 6, unit, "middle", "axis"))
    return drawing(canvas, body, unit)


def histogram(
    values: Sequence[float], low: float, high: float, bins: int, x_title: str, y_title: str
) -> str:
    """Counts of values in equal bins, the median marked; what lies outside counts at the ends."""
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int((value - low) / (high - low) * bins)))] += 1
    x = Axis(x_title, low, high)
    y = Axis(y_title, 0, rounded(max(counts, default=1)))
    step, body = (high - low) / bins, [frame(SMALL, x, y)]
    for number, count in enumerate(counts):
        start = low + step * number
        left, right = SMALL.x(start, x), SMALL.x(start + step, x)
        top = SMALL.y(count, y)
        said = f"{start:.3g} to {start + step:.3g}: {count:,}"
        body.append(_bar(left + 0.5, top, right - left - 1, SMALL.y(0, y) - top, "var(--a)", said))
    if values:
        at = SMALL.x(median(values), x)
        body.append(f'<path class="median" d="M{at:.1f},{SMALL.top}V{SMALL.y(0, y):.1f}"/>')
        body.append(text(at + 5, SMALL.top + 10, f"median {median(values):.3g}"))
    return drawing(SMALL, body, x_title)


def _bar(left: float, top: float, width: float, height: float, colour: str, said: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' rx="1.5" style="fill:{colour}"><title>{escape(said)}</title></rect>'
    )
