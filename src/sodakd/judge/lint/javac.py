"""javac -Xlint, for Java: by the compiler that is kept running."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from sodakd.judge.languages.java_merge import joined
from sodakd.judge.lint.compilers import kept_running
from sodakd.judge.lint.tool import Prepared, RawFinding, Source, with_script
from sodakd.judge.program import Program
from sodakd.judge.untested import java_type
from sodakd.types import Language, Severity, TestScript

_TASTE = frozenset({"cast", "serial", "processing", "path", "options", "this-escape", "classfile"})
"""Warnings of taste, and of how the compiler was called."""


def _form(program: Program) -> Prepared:
    """As it is compiled: in a class, where it is methods alone."""
    form = with_script(program)
    script = program.tests.script if isinstance(program.tests, TestScript) else ""
    return replace(form, text=java_type(joined(program.code, script).text))


def _message(source: Source) -> Mapping[str, JsonValue]:
    return {"name": joined(source.form.text, "").file, "text": source.form.text}


def _remarks(source: Source, answer: str) -> Iterator[RawFinding]:
    for line in answer.splitlines():
        number, kind, rule, message = line.split("\t", 3)
        if rule not in _TASTE:
            severity = Severity.ERROR if kind == "ERROR" else Severity.WARNING
            yield RawFinding(source.name, int(number), rule, message, severity)


JAVAC = kept_running("javac", "javac", Language.JAVA, _form, _message, _remarks)
