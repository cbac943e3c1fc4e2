"""What a program gave, held against what its tests expect. Nothing of the program runs here."""

import json
import math

from pydantic import JsonValue

from sodakd.judge.inside.said import LIMITS
from sodakd.types import Case, Language, Outcome, Tests

_LONGEST = 400
_ONE_NUMBER = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT})
"""Languages in which 1 and 1.0 are the same."""


def compare(lines: str, tests: Tests, language: Language) -> tuple[Outcome, str]:
    """The outcome of calls whose values are these lines of JSON, and why it is no pass."""
    given = lines.split("\n")[:-1]  # other ends of lines may stand within a string
    if len(given) > len(tests.cases):
        return Outcome.NO_VERDICT, "the program gave more values than it was asked for"
    for number, case in enumerate(tests.cases):
        if number >= len(given):
            return Outcome.NO_VERDICT, "the program ended before its tests did"
        try:
            said = json.loads(given[number])
        except (ValueError, RecursionError):
            return Outcome.NO_VERDICT, "what the program gave cannot be read"
        if not isinstance(said, dict):
            return Outcome.NO_VERDICT, "what the program gave cannot be read"
        if "error" in said:
            limit = said.get("limit")
            outcome = Outcome(limit) if limit in LIMITS else Outcome.RUNTIME_ERROR
            return outcome, str(said["error"])[:_LONGEST]
        call = _call(tests, case)
        if "value" not in said:
            return Outcome.WRONG_ANSWER, f"{call}: {said.get('other', 'gave nothing')}"[:_LONGEST]
        value, strict = said["value"], language not in _ONE_NUMBER
        try:
            wrong = "" if same(value, case.expected, strict=strict) else f"gave {_shown(value)}"
        except RecursionError:
            wrong = "gave lists in lists without end"
        if wrong:
            text = f"{call} {wrong}, expected {case.expected!r}"
            return Outcome.WRONG_ANSWER, text[:_LONGEST]
    return Outcome.PASSED, ""


def same(found: JsonValue, expected: JsonValue, *, strict: bool = True) -> bool:
    """Equal in value and in type, also inside lists: True is not 1, and 1 is not 1.0.

    NaN is the same as NaN. Where types are told apart, what Python gives as a dict is
    `{"dict": [[key, value], ...]}`, and the same as an object where its keys are texts; sets
    (`{"set": [...]}`) have no order.
    """
    if isinstance(found, float) and isinstance(expected, float) and math.isnan(found):
        return math.isnan(expected)
    numbers = isinstance(found, (int, float)) and isinstance(expected, (int, float))
    if not strict and numbers and not isinstance(found, bool) and not isinstance(expected, bool):
        return found == expected
    if type(found) is not type(expected):
        return False
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(
            same(one, other, strict=strict) for one, other in zip(found, expected, strict=True)
        )
    if isinstance(found, dict) and isinstance(expected, dict):
        pair = _unordered(found, expected) if strict else None
        if pair is not None:
            return same(*pair)
        return found.keys() == expected.keys() and all(
            same(value, expected[key], strict=strict) for key, value in found.items()
        )
    return found == expected


def _unordered(
    found: dict[str, JsonValue], expected: dict[str, JsonValue]
) -> tuple[JsonValue, JsonValue] | None:
    """The contents of a dict or a set of Python and of what it must be, in one order; or None."""
    ((tag, content),) = found.items() if len(found) == 1 else [("", None)]
    if tag not in ("dict", "set", "frozenset") or not isinstance(content, list):
        return None
    other = expected.get(tag)
    if tag == "dict" and not _is_pairs(other):
        other = [[key, value] for key, value in expected.items()]
    if not isinstance(other, list):
        return None
    return sorted(content, key=json.dumps), sorted(other, key=json.dumps)


def _is_pairs(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(one, list) and len(one) == 2 for one in value)


def _call(tests: Tests, case: Case) -> str:
    return f"{tests.entry_point}({', '.join(map(repr, case.arguments))})"


def _shown(value: JsonValue) -> str:
    if isinstance(value, dict) and len(value) == 1:
        ((kind, content),) = value.items()
        return f"a {kind}: {content!r}"
    return repr(value)
