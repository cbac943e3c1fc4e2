"""Pages of a report: HTML that stands alone."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_LINK = re.compile(r"\[([^\[\]]+)\]\((https://[^()\s]+)\)")
HERE = Path(__file__).parent


def render_page(template: str, **values: object) -> str:
    """The HTML of a template beside this file, with the style of all pages; values are escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["linked"] = linked
    css = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(css=css, **values)


def linked(words: str) -> Markup:
    """Words as markup, in which `[a text](https://an.address)` is a link; all else is escaped."""
    return Markup(_LINK.sub(r'<a href="\2">\1</a>', str(escape(words))))


def page_script(name: str) -> Markup:
    """The script of a page beside this file, behind the one that shows code."""
    return Markup("".join((HERE / each).read_text(encoding="utf-8") for each in ("code.js", name)))
