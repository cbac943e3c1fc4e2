"""A figure of the page: a plot with its title and a sentence on how to read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from sodakd.report.plots import LegendEntry, legend


@dataclass(frozen=True)
class Figure:
    """A plot, ready for the page. `body` is markup made by this package alone."""

    title: str
    body: Markup
    words: str = ""
    size: Literal["small", "medium", "panel"] = "small"


def plot(svg: str, keys: Sequence[LegendEntry] = ()) -> Markup:
    """An SVG and its legend as markup. The plots escape every name that stands in them."""
    return Markup(svg + (legend(keys) if keys else ""))
