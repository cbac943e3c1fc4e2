"""javac -Xlint, for Java: by the compiler that is kept running."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from sodakd.errors import JudgeError
from sodakd.judge.languages.java import file_name
from sodakd.judge.lint.tool import Call, Form, Installed, Remark, Said, Source, Tool, with_script
from sodakd.judge.program import Program
from sodakd.judge.toolchains import INSTALL, Missing, toolchain
from sodakd.judge.trial import java_type
from sodakd.types import Language, Severity

_TASTE = frozenset({"cast", "serial", "processing", "path", "options", "this-escape", "classfile"})
"""Warnings of taste, and of how the compiler was called."""


@cache
def find() -> Installed:
    """The JDK that the judge compiles with."""
    found = toolchain(Language.JAVA)
    if isinstance(found, Missing):
        raise JudgeError(found.lacks)
    return Installed(found.tools, found.places, found.versions["javac"])


def _form(program: Program) -> Form:
    """As it is compiled: in a class, where it is methods alone."""
    form = with_script(program)
    return replace(form, text=java_type(form.text))


def _call(_: Installed, sources: Sequence[Source]) -> Call:
    asked = ({"name": file_name(source.form.text), "text": source.form.text} for source in sources)
    return Call(seconds=10, server="java", messages=tuple(map(json.dumps, asked)))


def _read(sources: Sequence[Source], answers: Sequence[Said]) -> Iterator[Remark]:
    for source, answer in zip(sources, answers, strict=True):
        for line in answer.out.splitlines():
            number, kind, rule, message = line.split("\t", 3)
            if rule not in _TASTE:
                severity = Severity.ERROR if kind == "ERROR" else Severity.WARNING
                yield Remark(source.name, int(number), rule, message, severity)


JAVAC = Tool(
    name="javac",
    languages=frozenset({Language.JAVA}),
    install=INSTALL[Language.JAVA],
    fast=True,
    find=find,
    form=_form,
    call=_call,
    read=_read,
    batch=32,
)
