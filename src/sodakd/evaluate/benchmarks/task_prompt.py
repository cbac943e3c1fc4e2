"""What a chat model is asked: the texts of `prompts/*.md`, filled in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from sodakd.types import Language


def complete(language: Language, code: str) -> str:
    """Ask for a function whose beginning is given."""
    return _filled("complete", language, {"code": code.strip("\n")})


def write(language: Language, text: str, tests: str) -> str:
    """Ask for a program that a text describes and tests pin down."""
    return _filled("write", language, {"text": text.strip(), "tests": tests})


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / "prompts" / f"{name}.md").read_text("utf-8").strip())


def _filled(name: str, language: Language, values: Mapping[str, str]) -> str:
    said = {"language": language.display_name, "fence": language.value, **values}
    return _template(name).substitute(said)
