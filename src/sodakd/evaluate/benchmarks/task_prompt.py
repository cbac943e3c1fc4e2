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


def read_stdin(language: Language, text: str) -> str:
    """Ask for a program that reads standard input, as a text describes."""
    return _filled("read_stdin", language, {"text": text.strip()})


def go_on(language: Language, text: str, code: str) -> str:
    """Ask for a program that a text describes and whose beginning is given."""
    return _filled("go_on", language, {"text": text.strip(), "code": code.strip("\n")})


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / "prompts" / f"{name}.md").read_text("utf-8").strip())


def _filled(name: str, language: Language, values: Mapping[str, str]) -> str:
    said = {"language": language.display_name, "fence": language.value, **values}
    return _template(name).substitute(said)
