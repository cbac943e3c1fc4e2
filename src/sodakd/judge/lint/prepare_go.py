"""Go as its tools read it: whole files, whose lines are where they are."""

import re
from dataclasses import replace

from sodakd.judge.lint.tool import Prepared, as_it_is
from sodakd.judge.program import Program

_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_ORDER = re.compile(r"(//|/\*)line(?=[ \t])")
"""Orders that give lines other numbers and other files."""


def plain(program: Program) -> Prepared:
    """The program alone; with a package, where it names none."""
    form = as_it_is(program)
    text = _ORDER.sub(r"\1Line", form.text)
    if not _PACKAGE.search(text):
        return replace(form, text=f"package main\n\n{text}", before=2)
    return replace(form, text=text)
