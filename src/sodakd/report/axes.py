"""Axes of a plot: where a value stands, which ticks it gets, and how numbers are said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Axis:
    """An axis: its title, its range, names for its places or numbers, linear or logarithmic."""

    title: str
    low: float
    high: float
    names: Sequence[str] = ()
    log: bool = False
    percent: bool = False


@dataclass(frozen=True)
class Canvas:
    """A plot's size and margins, in units of the drawing."""

    width: int
    height: int
    left: int = 46
    right: int = 14
    top: int = 12
    bottom: int = 42

    def x(self, value: float, axis: Axis) -> float:
        """The place of a value from the left."""
        return self.left + _part(value, axis) * (self.width - self.left - self.right)

    def y(self, value: float, axis: Axis) -> float:
        """The place of a value from the top."""
        return (
            self.height - self.bottom - _part(value, axis) * (self.height - self.top - self.bottom)
        )


SMALL = Canvas(400, 236)
MEDIUM = Canvas(600, 296, left=50)
PANEL = Canvas(224, 190, left=34, right=6, top=10, bottom=12)


def short(value: float) -> str:
    """A number as a tick says it: 0.25, 12, 3.4k, 1.2M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    if value and abs(value) < 0.001:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:.3g}"


_TICKS = 5


def ticks(axis: Axis) -> list[float]:
    """Return round values within an axis, about five."""
    if axis.log:
        first, last = math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high))
        powers = [10.0**at for at in range(first, last + 1)]
        # Of less than three decades the powers alone are one tick, or none.
        parts = (1, 2, 5) if last - first <= 3 else (1,)
        marks = [power * part for power in powers for part in parts]
        return [value for value in marks if axis.low <= value <= axis.high]
    span = (axis.high - axis.low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / _TICKS))
    step = next(power * k for k in (1, 2, 2.5, 5, 10, 20) if span / (power * k) <= _TICKS + 0.01)
    first = math.ceil(axis.low / step - 1e-9)
    found = [at * step for at in range(first, first + _TICKS + 2)]
    return [value for value in found if value <= axis.high + step * 1e-6]


def rounded(value: float) -> float:
    """The next round number at or above a value, for the top of an axis."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(power * k for k in steps if power * k >= value * (1 - 1e-9))


def frame(canvas: Canvas, x: Axis | None, y: Axis) -> str:
    """Grid lines, ticks and titles."""
    right, base = canvas.width - canvas.right, canvas.height - canvas.bottom
    parts = []
    for value in ticks(y):
        at = canvas.y(value, y)
        style = "zero" if value == 0 else "grid"
        parts.append(f'<path class="{style}" d="M{canvas.left},{at:.1f}H{right}"/>')
        said = f"{100 * value:.0f}" if y.percent else short(value)
        parts.append(text(canvas.left - 7, at + 4, said, "end"))
    if x is not None:
        places = [(float(at), name) for at, name in enumerate(x.names)] or [
            (value, short(value)) for value in ticks(x)
        ]
        parts += [text(canvas.x(at, x), base + 17, name, "middle") for at, name in places]
        middle = (canvas.left + right) / 2
        parts.append(text(middle, canvas.height - 5, x.title, "middle", "axis"))
    if y.title:
        turned = f'transform="translate(11 {(canvas.top + base) / 2:.0f}) rotate(-90)"'
        parts.append(f'<text class="axis" {turned} text-anchor="middle">{escape(y.title)}</text>')
    return "".join(parts)


def text(px: float, py: float, words: str, anchor: str = "start", style: str = "tick") -> str:
    """Text in a plot."""
    return (
        f'<text class="{style}" x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def drawing(canvas: Canvas, body: Sequence[str], title: str) -> str:
    """The whole SVG element; `title` is what a screen reader says."""
    return (
        f'<svg viewBox="0 0 {canvas.width} {canvas.height}" role="img"'
        f' aria-label="{escape(title, quote=True)}">{"".join(body)}</svg>'
    )


def _part(value: float, axis: Axis) -> float:
    bounded = min(max(value, axis.low), axis.high)
    if axis.log:
        return math.log(bounded / axis.low) / (math.log(axis.high / axis.low) or 1.0)
    return (bounded - axis.low) / ((axis.high - axis.low) or 1.0)
