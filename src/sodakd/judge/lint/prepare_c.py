"""C and C++ as their tools read them: without orders to the preprocessor that hide where it is."""

import re
from dataclasses import replace

from sodakd.judge.lint.tool import Prepared, as_it_is
from sodakd.judge.program import Program

_ORDER = re.compile(
    r"^([ \t]*(?:/\*(?:[^*\n]|\*(?!/))*\*/[ \t]*)*)"
    r"(?:\#|%:|\?\?=)[ \t]*(?:line\b|\d|pragma[ \t]+GCC[ \t]+(?:diagnostic|system_header)\b)[^\n]*",
    re.MULTILINE,
)
"""Orders that give lines other numbers and other files, or that silence the compiler."""


def plain(program: Program) -> Prepared:
    """The program alone."""
    form = as_it_is(program)
    return replace(form, text=_ORDER.sub(r"\1", form.text))
