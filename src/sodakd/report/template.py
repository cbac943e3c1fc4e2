"""Pages of a report: HTML that stands alone."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent


def render_page(template: str, **values: object) -> str:
    """The HTML of a template beside this file, with the style of all pages; values are escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    css = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(css=css, **values)


def page_script(name: str) -> Markup:
    """The script of a page beside this file, behind the one that shows code."""
    return Markup("".join((HERE / each).read_text(encoding="utf-8") for each in ("code.js", name)))
