"""tsc --strict, for TypeScript: by the compiler that is kept running."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from sodakd.errors import JudgeError
from sodakd.judge.lint.tool import Call, Form, Installed, Remark, Said, Source, Tool, as_it_is
from sodakd.judge.program import Program
from sodakd.judge.toolchains import INSTALL, Missing, toolchain
from sodakd.types import Language, Severity

_SILENT = re.compile(r"@ts-(?=ignore|nocheck|expect-error)")
_FAULTS = frozenset({2304, 2552, 2588, 2300, 2451})
"""Names that are not there, or are there twice, and what is assigned to a constant. A thousand and
some more are no program at all; the others are what a stricter reading finds."""


@cache
def find() -> Installed:
    """The TypeScript that the judge compiles with."""
    found = toolchain(Language.TYPESCRIPT)
    if isinstance(found, Missing):
        raise JudgeError(found.lacks)
    return Installed(found.tools, found.places, found.versions["typescript"])


def _form(program: Program) -> Form:
    """A program cannot turn the checker off: its orders to do so are no orders."""
    form = as_it_is(program)
    return replace(form, text=_SILENT.sub("@ts_", form.text))


def _call(_: Installed, sources: Sequence[Source]) -> Call:
    asked = ({"program": source.form.text, "strict": True} for source in sources)
    return Call(seconds=10, server="typescript", messages=tuple(map(json.dumps, asked)))


def _read(sources: Sequence[Source], answers: Sequence[Said]) -> Iterator[Remark]:
    for source, answer in zip(sources, answers, strict=True):
        for line, code, message in json.loads(answer.out)["findings"]:
            number = int(code)
            severe = 1000 <= number < 2000 or number in _FAULTS
            severity = Severity.ERROR if severe else Severity.WARNING
            yield Remark(source.name, int(line), f"TS{number}", str(message), severity)


TSC = Tool(
    name="tsc",
    languages=frozenset({Language.TYPESCRIPT}),
    install=INSTALL[Language.TYPESCRIPT],
    fast=True,
    find=find,
    form=_form,
    call=_call,
    read=_read,
    batch=32,
)
