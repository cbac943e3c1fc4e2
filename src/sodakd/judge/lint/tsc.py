"""tsc --strict, for TypeScript: by the compiler that is kept running."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from sodakd.judge.lint.compilers import kept_running
from sodakd.judge.lint.tool import Prepared, RawFinding, Source, as_it_is
from sodakd.judge.program import Program
from sodakd.types import Language, Severity

_SILENT = re.compile(r"@ts-(?=ignore|nocheck|expect-error)")
_FAULTS = frozenset({2304, 2552, 2588, 2300, 2451})
"""Names that are not there, or are there twice, and what is assigned to a constant. A thousand and
some more are no program at all; the others are what a stricter reading finds."""


def _form(program: Program) -> Prepared:
    """A program cannot turn the checker off: its orders to do so are no orders."""
    form = as_it_is(program)
    return replace(form, text=_SILENT.sub("@ts_", form.text))


def _message(source: Source) -> Mapping[str, JsonValue]:
    return {"program": source.form.text, "strict": True}


def _remarks(source: Source, answer: str) -> Iterator[RawFinding]:
    for line, code, message in json.loads(answer)["findings"]:
        number = int(code)
        severe = 1000 <= number < 2000 or number in _FAULTS
        severity = Severity.ERROR if severe else Severity.WARNING
        yield RawFinding(source.name, int(line), f"TS{number}", str(message), severity)


TSC = kept_running("tsc", "typescript", Language.TYPESCRIPT, _form, _message, _remarks)
