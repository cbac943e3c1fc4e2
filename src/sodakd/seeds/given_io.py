"""Tests that a row writes as inputs and outputs: APPS, TACO, CodeContests, LiveCodeBench.

Where a row names a function they are calls of it; else its program reads standard input and writes
standard output.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.json_text import JsonError, json_kind, nested, parse_json
from sodakd.jsonl import Line
from sodakd.text.languages import LANGUAGES
from sodakd.text.signatures import TYPED, types_that_lack
from sodakd.text.test_validation import signature_error
from sodakd.text.truncation import parsed
from sodakd.text.value_types import inferred
from sodakd.types import (
    CallTests,
    Language,
    Signature,
    StdioCase,
    StdioTests,
    TestCase,
    ValueType,
)

PICKLED = "private_test_cases"
"""LiveCodeBench's column that mostly holds a pickle, which may run a program where it is read."""
COLUMNS = (
    "input_output", "public_tests", "private_tests", "generated_tests", "public_test_cases",
    PICKLED,
)  # fmt: skip
MOST_CASES = 100
"""Of a question; the first ones are taken."""
_KEYS = (("inputs", "outputs"), ("input", "output"))
_METHOD = re.compile(r"\bdef\s+(?!__)(\w+)\s*\(\s*self\b")
_CODE_CONTESTS = {Language.PYTHON: 3, Language.CPP: 2, Language.JAVA: 4}
"""How CodeContests numbers the languages of its solutions."""


@dataclass(frozen=True)
class _Case:
    """One input and its output; `kind` is what LiveCodeBench says of it."""

    given: JsonValue
    wanted: JsonValue
    kind: str = ""


def is_io(value: JsonValue) -> bool:
    """Whether a value of a row holds inputs and outputs."""
    found = nested(value)
    first = found[0] if isinstance(found, list) and found else found
    return isinstance(first, dict) and any(first.keys() >= {*keys} for keys in _KEYS)


def io_tests(line: Line, language: Language | None) -> CallTests | StdioTests | None:
    """The tests of a row that has such columns; None where they hold no case.

    Raises:
        DataError: they cannot be read; says what is wrong.
    """
    where, values = line.where, line.values
    cases = [
        case
        for name in COLUMNS
        if values.get(name)
        for case in _cases(f"{where}: {line.column(name)}", name, nested(values[name]))
    ]
    if not cases:
        return None
    kinds = {case.kind for case in cases}
    if len(kinds) > 1:
        raise DataError(f"{where}: its cases are of several kinds ({', '.join(sorted(kinds))})")
    functional = kinds == {"functional"}
    name = "" if kinds == {"stdin"} else _function(values, functional=functional)
    if functional and not name:
        raise DataError(f"{where}: metadata has no func_name, and starter_code no method: name it")
    if not name:
        return StdioTests(cases=tuple(_stdio(where, case) for case in cases[:MOST_CASES]))
    return _calls(where, name, cases[:MOST_CASES], values, language or Language.PYTHON)


def _cases(where: str, name: str, value: JsonValue) -> Iterator[_Case]:
    if isinstance(value, str):
        if name == PICKLED:
            return
        raise DataError(f"{where} is neither JSON nor Python's: mend it, or leave it out")
    if isinstance(value, list):
        for one in value:
            keys = next((keys for keys in _KEYS if isinstance(one, dict) and keys[0] in one), None)
            if keys is None or not isinstance(one, dict) or keys[1] not in one:
                raise DataError(f'{where} must hold objects {{"input": ..., "output": ...}}')
            yield _Case(one[keys[0]], one[keys[1]], str(one.get("testtype") or ""))
        return
    found = [
        value[key] for keys in _KEYS for key in keys if isinstance(value, dict) and key in value
    ]
    if not found:
        if value == {}:
            return
        raise DataError(f'{where} must be an object {{"inputs": [...], "outputs": [...]}}')
    inputs, outputs = (one if isinstance(one, list) else [one] for one in (*found, [])[:2])
    if len(inputs) != len(outputs):
        raise DataError(f"{where} has {len(inputs)} inputs and {len(outputs)} outputs")
    yield from map(_Case, inputs, outputs)


def _function(values: Mapping[str, JsonValue], *, functional: bool) -> str:
    """The function that the cases call; "" where they run a program."""
    held = nested(values.get("input_output"))
    named = held.get("fn_name") if isinstance(held, dict) else None
    if functional:
        metadata = nested(values.get("metadata"))
        method = _METHOD.search(starter_code(values))
        named = metadata.get("func_name") if isinstance(metadata, dict) else None
        named = named or (method and method[1])
    found = named or values.get("fn_name") or values.get("entry_point")
    return found.strip() if isinstance(found, str) else ""


def _stdio(where: str, case: _Case) -> StdioCase:
    return StdioCase(stdin=_text(where, case.given), stdout=_text(where, case.wanted))


def _text(where: str, value: JsonValue) -> str:
    """What is read or written: a text, or its lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(map(str, value))
    if not isinstance(value, str):
        raise DataError(
            f"{where}: an input or output is a text or a list of lines; found {json_kind(value)}"
        )
    return value


def _calls(
    where: str,
    name: str,
    cases: Sequence[_Case],
    values: Mapping[str, JsonValue],
    language: Language,
) -> CallTests:
    functional = cases[0].kind == "functional"
    called = [_call_as_lines(where, case) if functional else _call(case) for case in cases]
    wanted = [case.expected for case in called]
    if not functional and all(isinstance(one, list) and len(one) == 1 for one in wanted):
        # So Codewars' questions have what is given; a list of one each time is that of nobody.
        called = [
            case.model_copy(update={"expected": case.expected[0]})
            for case in called
            if isinstance(case.expected, list)
        ]
    starter = starter_code(values)
    solution = solution_of(values, language) if language is Language.PYTHON else None
    held = starter if solution is None else f"{starter}\n{solution[0]}"
    in_class = language is Language.PYTHON and "class Solution" in held
    entry_point = f"Solution().{name}" if in_class else name
    tests = CallTests(entry_point=entry_point, cases=tuple(called))
    if language in TYPED:
        tests = tests.model_copy(update={"signature": _signature(where, tests, starter, language)})
    if wrong := signature_error(tests, language):
        raise DataError(f"{where}: {wrong}")
    return tests


def _call(case: _Case) -> TestCase:
    given = case.given if isinstance(case.given, list) else [case.given]
    return TestCase(arguments=tuple(given), expected=case.wanted)


def _call_as_lines(where: str, case: _Case) -> TestCase:
    """A call as LiveCodeBench writes it: each argument a line of JSON."""
    try:
        lines = _text(where, case.given).split("\n")
        given = tuple(parse_json(line) for line in lines if line.strip())
        return TestCase(arguments=given, expected=parse_json(_text(where, case.wanted)))
    except JsonError as error:
        raise DataError(f"{where}: a line of a case is no JSON: {error}") from None


def _signature(where: str, tests: CallTests, starter: str, language: Language) -> Signature:
    """The types of calls in a language that needs them: those of their values, where the code that
    the row begins with declares the function so."""
    columns = zip(*(case.arguments for case in tests.cases), strict=False)
    kinds = [*map(inferred, columns), inferred([case.expected for case in tests.cases])]
    known = [kind for kind in kinds if kind is not None]
    lacking = types_that_lack(language, known[:-1], known[-1]) if len(known) == len(kinds) else [""]
    if not lacking:
        names = [LANGUAGES[language].type_name(kind) for kind in known]
        if all("".join(name.split()) in "".join(starter.split()) for name in names):
            arguments = tuple(map(ValueType, known[:-1]))
            return Signature(arguments=arguments, returns=ValueType(known[-1]))
    raise DataError(
        f"{where}: calls in {language.display_name} need the types of {tests.entry_point}, and its"
        " starter_code does not declare it as the judge does: write them as tests with a signature"
    )


def starter_code(values: Mapping[str, JsonValue]) -> str:
    """What a program of the row begins with, where it says so; else ""."""
    found = values.get("starter_code")
    return found.strip("\n") if isinstance(found, str) else ""


def solution_of(
    values: Mapping[str, JsonValue], language: Language | None
) -> tuple[str, Language] | None:
    """The first of a row's solutions that is of a language, or of any that is known."""
    found = nested(values.get("solutions"))
    wanted = [language] if language else list(_CODE_CONTESTS)
    if isinstance(found, list):
        pairs = [one if isinstance(one, dict) else {"solution": one} for one in found]
    elif isinstance(found, dict):
        numbers, texts = found.get("language"), found.get("solution")
        if not isinstance(numbers, list) or not isinstance(texts, list):
            return None
        pairs = [
            {"language": number, "solution": text}
            for number, text in zip(numbers, texts, strict=False)
        ]
    else:
        return None
    for one in wanted:
        for pair in pairs:
            code, number = pair.get("solution"), pair.get("language", 3)
            if isinstance(code, str) and number == _CODE_CONTESTS.get(one) and _reads(code, one):
                return code, one
    return None


def _reads(code: str, language: Language) -> bool:
    """Whether code is of today's language: many an old solution is of Python 2."""
    return language is not Language.PYTHON or parsed(code) is not None
