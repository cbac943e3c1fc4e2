"""Go as its tools read it: whole files, whose lines are where they are."""

import re
from dataclasses import replace

from sodakd.judge.languages.go_merge import joined
from sodakd.judge.lint.tool import Prepared, as_it_is, with_script
from sodakd.judge.program import Program
from sodakd.types import TestScript

_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_ORDER = re.compile(r"(//|/\*)line(?=[ \t])")
"""Orders that give lines other numbers and other files."""


def plain(program: Program) -> Prepared:
    """The program alone; with a package, where it names none."""
    return _whole(as_it_is(program))


def whole(program: Program) -> Prepared:
    """The program and its script."""
    form = with_script(program)
    if isinstance(program.tests, TestScript):
        form = replace(form, text=joined(program.code, program.tests.script))
    return _whole(form)


def _whole(form: Prepared) -> Prepared:
    text = _ORDER.sub(r"\1Line", form.text)
    if not _PACKAGE.search(text):
        return replace(form, text=f"package main\n\n{text}", before=2)
    return replace(form, text=text)
