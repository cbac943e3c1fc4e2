"""LiveCodeBench: problems of contests, by their date (Jain et al. 2024, arXiv 2403.07974).

Each release adds a file to those before it. A program reads standard input, or is a method of the
class that the row begins; it passes where all public and private cases do. Above a program stands
what LiveCodeBench's own command imports for it.
"""

import base64
import json
import pickletools
import zlib

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks import task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.json_text import JsonError, parse_json
from sodakd.text.json_values import encode
from sodakd.types import (
    Assertion,
    CallTests,
    CodePrompt,
    Comparison,
    Language,
    OutputComparison,
    Question,
    StdioCase,
    StdioTests,
)

_LEVELS = {"easy": 1, "medium": 2, "hard": 3}
_STARRED = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random",
    "statistics", "itertools", "functools", "operator", "io", "sys", "json", "builtins", "typing",
)  # fmt: skip
_IMPORTS = "".join(
    [
        *(f"from {name} import *\n" for name in _STARRED),
        *(f"import {name}\n" for name in _STARRED[:-2]),
        "sys.setrecursionlimit(50000)\n",
    ]
)
"""What a program has without importing it."""

_MANY = "several outputs are right, and its tests take one"
_ASKS = "its program talks with the judge, and its tests only write to it"


def _task(row: Row, language: Language) -> BenchmarkTask:
    cases = [*_cases(row, "public_test_cases"), *_cases(row, "private_test_cases")]
    kinds = {str(case.get("testtype")) for case in cases}
    if kinds not in ({"stdin"}, {"functional"}):
        raise DataError(f"{row.name}: its cases are of kinds {', '.join(sorted(kinds)) or 'none'}")
    text, starter = row.text("question_content"), row.optional("starter_code").strip("\n").rstrip()
    tests: StdioTests | CallTests
    if kinds == {"stdin"}:
        said = task_prompt.read_stdin(language, text)
        tests = StdioTests(
            cases=tuple(
                StdioCase(stdin=_text(row, case, "input"), stdout=_text(row, case, "output"))
                for case in cases
            ),
            comparison=OutputComparison.LINES,
        )
        prompt = CodePrompt(code=f'"""\n{text.strip()}\n"""\n', entry_point="", preamble=_IMPORTS)
    else:
        said = task_prompt.go_on(language, text, starter)
        name = _nested(row, "metadata")
        method = name.get("func_name") if isinstance(name, dict) else None
        in_class = "class Solution" in starter
        tests = CallTests(
            entry_point=f"Solution().{method}" if in_class else str(method),
            cases=tuple(_call(row, case) for case in cases),
        )
        prompt = CodePrompt(
            code=f"{starter}\n",
            entry_point="Solution" if in_class else str(method),
            preamble=_IMPORTS,
        )
    return BenchmarkTask(
        id=row.text("question_id"),
        question=Question.new(
            text=said,
            language=language,
            tests=tests,
            source="livecodebench",
            level=_LEVELS.get(row.optional("difficulty")),
            code_prompt=prompt,
        ),
        gold=None,
    )


def _cases(row: Row, column: str) -> list[dict[str, JsonValue]]:
    found = _nested(row, column)
    if not isinstance(found, list):
        raise DataError(f"{row.name}: column {column} holds no list of cases")
    cases = [case for case in found if isinstance(case, dict)]
    if len(cases) != len(found):
        raise DataError(f"{row.name}: column {column}: a case is no object")
    return cases


def _nested(row: Row, column: str) -> JsonValue:
    """The value of a column: itself, JSON, or JSON that is pickled, packed and written as text."""
    value = row.values.get(column)
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except JsonError as error:
        if column != "private_test_cases":
            raise DataError(f"{row.name}: column {column} is no JSON: {error}") from None
    try:
        return parse_json(pickled_text(zlib.decompress(base64.b64decode(value, validate=True))))
    except (ValueError, zlib.error) as error:
        raise DataError(f"{row.name}: column {column} cannot be read: {error}") from None


def pickled_text(data: bytes) -> str:
    """Return the one text that a pickle holds. Nothing of it is run: it is read, not loaded.

    Raises:
        ValueError: it holds anything else.
    """
    found: list[str] = []
    for code, value, _ in pickletools.genops(data):
        if code.name.endswith("UNICODE") or code.name == "BINUNICODE8":
            found.append(str(value))
        elif code.name not in _HARMLESS:
            raise ValueError(f"a pickle of a text holds no {code.name}")
    if len(found) != 1:
        raise ValueError(f"a pickle of {len(found)} texts")
    return found[0]


_HARMLESS = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"}


def _text(row: Row, case: dict[str, JsonValue], key: str) -> str:
    value = case.get(key)
    if not isinstance(value, str):
        raise DataError(f"{row.name}: the {key} of a case is no text: {json.dumps(value)[:80]}")
    return value


def _call(row: Row, case: dict[str, JsonValue]) -> Assertion:
    """A call: each argument is a line of JSON."""
    given, wanted = _text(row, case, "input"), _text(row, case, "output")
    try:
        arguments = [parse_json(line) for line in given.split("\n") if line.strip()]
        expected = parse_json(wanted)
    except JsonError as error:
        raise DataError(f"{row.name}: a line of a case is no JSON: {error}") from None
    return Assertion(
        arguments=tuple(map(encode, arguments)),
        expected=encode(expected),
        comparison=Comparison.LISTED,
    )


LIVECODEBENCH = Benchmark(
    name="livecodebench",
    dataset="livecodebench/code_generation_lite",
    origins={Language.PYTHON: DatasetFile("test*.jsonl", ("livecodebench*.jsonl",))},
    task=_task,
    known_bad={
        **dict.fromkeys(
            ("abc311_c", "abc326_d", "abc327_b", "abc333_e", "abc343_a", "abc343_e", "abc362_c",
             "arc185_c"),
            _MANY,
        ),
        **dict.fromkeys(("abc337_e", "abc355_e"), _ASKS),
        **dict.fromkeys(("abc350_c", "arc189_a"), "its tests are wrong"),
    },
)  # fmt: skip
"""`known_bad` is what LiveCodeBench's own list of errata names: it has no solutions of its own."""
