"""What a program gave, compared with what its tests expect. Nothing of the program runs here."""

import json
import math
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.json_text import JsonError, parse_json
from sodakd.judge.sandbox.text import LIMITS
from sodakd.text.json_values import decode, encode
from sodakd.text.test_validation import ONE_NUMBER
from sodakd.text.value_types import as_python
from sodakd.types import Assertion, CallTests, Comparison, Language, Outcome, TestCase

_LONGEST = 400
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9
"""How far a float may be from what is expected: whoever writes 0.333333 or 97.88 means the number
that a program computes, and orders of the same operations differ in the last digits."""
_DECODED = 65536
"""Characters of a value, beside twice those that are expected, that are read as Python's: numbers
that meet in a hash table take their time."""


@dataclass(frozen=True)
class Rule:
    """How numbers are compared.

    `strict` tells 1 from 1.0; floats may differ by the share `relative` of what is expected, or by
    `absolute`. `tagged`: values of Python's that JSON lacks stand as `json_values.encode` has them.
    """

    strict: bool = True
    tagged: bool = True
    relative: float = _RELATIVE
    absolute: float = _ABSOLUTE


NEAR = Rule()


def compare(lines: str, tests: CallTests, language: Language) -> tuple[Outcome, str]:
    """Return the outcome of calls whose values are these lines of JSON, and why it is no pass."""
    given = lines.split("\n")[:-1]  # other ends of lines may stand within a string
    if len(given) > len(tests.cases):
        return Outcome.NO_VERDICT, "the program gave more values than it was asked for"
    near = (_RELATIVE, _ABSOLUTE) if tests.tolerance is None else (tests.tolerance,) * 2
    rule = Rule(language not in ONE_NUMBER, language is Language.PYTHON, *near)
    for number, case in enumerate(tests.cases):
        if number >= len(given):
            return Outcome.NO_VERDICT, "the program ended before its tests did"
        try:
            said = parse_json(given[number])
        except JsonError as error:
            return Outcome.NO_VERDICT, f"what the program gave cannot be read: {error}"
        if not isinstance(said, dict):
            return Outcome.NO_VERDICT, "what the program gave cannot be read"
        if "error" in said:
            limit = said.get("limit")
            outcome = Outcome(str(limit)) if limit in LIMITS else Outcome.RUNTIME_ERROR
            return outcome, str(said["error"])[:_LONGEST]
        try:
            if isinstance(case, Assertion):
                wrong = _broken(said, case, len(given[number]))
            elif "value" not in said:
                wrong = str(said.get("other", "gave nothing"))
            elif equal(said["value"], expected_value(case, tests, language), rule):
                wrong = ""
            else:
                wrong = f"gave {_shown(said['value'])}, expected {_written(case.expected)}"
        except (ValueError, RecursionError):
            return Outcome.NO_VERDICT, "what the program gave is no value of its language"
        if wrong:
            asked = isinstance(case, Assertion)
            values = [_written(decode(one) if asked else one) for one in case.arguments]
            call = f"{tests.entry_point}({', '.join(values)})"
            return Outcome.WRONG_ANSWER, f"{call} {wrong}"[:_LONGEST]
    return Outcome.PASSED, ""


def expected_value(case: TestCase, tests: CallTests, language: Language) -> JsonValue:
    """What a call must give, as the language writes it: of Python's types JSON lacks some."""
    if tests.signature is None or language is not Language.PYTHON:
        return case.expected
    return encode(as_python(tests.signature.returns, case.expected))


def _broken(said: dict[str, JsonValue], case: Assertion, length: int) -> str:
    """Why an assertion of Python does not hold of what a call gave; "" where it does.

    Raises `ValueError` where the program wrote what is no value of Python's.
    """
    if case.comparison is Comparison.TRUTH:
        if "true" not in said and "value" not in said:
            return f"{said.get('other')}, and its truth cannot be told"
        true = bool(said["true"] if "true" in said else decode(said["value"]))
        return "" if true is case.expected else f"is {true}"
    if "value" not in said:
        return str(said.get("other", "gave nothing"))
    if length > _DECODED + 2 * len(json.dumps(case.expected)):
        return "gave much more than is expected"
    found, expected = decode(said["value"]), decode(case.expected)
    if case.comparison is Comparison.LISTED and isinstance(found, tuple):
        found = list(found)
    identical = case.comparison is Comparison.IDENTICAL
    holds = found is expected if identical else found == expected
    return "" if holds else f"gave {_written(found)}, expected {_written(expected)}"


def equal(found: JsonValue, expected: JsonValue, rule: Rule = NEAR) -> bool:
    """Whether a value is equal in value and in type, also inside lists: True is not 1.

    NaN is the same as NaN. Where types are told apart, 1 is not 1.0, what Python gives as a dict is
    `{"dict": [[key, value], ...]}`, and the same as an object where its keys are texts; sets
    (`{"set": [...]}`) have no order.
    """
    if rule.tagged:
        found, expected = _number(found), _number(expected)
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
        return _same_number(found, expected, rule)
    if type(found) is not type(expected):
        return False
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(
            equal(one, other, rule) for one, other in zip(found, expected, strict=True)
        )
    if isinstance(found, dict) and isinstance(expected, dict):
        pair = _unordered(found, expected) if rule.tagged else None
        if pair is not None:
            return equal(*pair, rule)
        return found.keys() == expected.keys() and all(
            equal(value, expected[key], rule) for key, value in found.items()
        )
    return found == expected


def _number(value: JsonValue) -> JsonValue:
    """The integer, where Python's are so long that they cross in base 16."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(digits := value.get("int"), str):
        return int(digits, 16)
    return value


def _same_number(found: float, expected: float, rule: Rule) -> bool:
    if isinstance(found, int) and isinstance(expected, int):
        return found == expected
    if rule.strict and (isinstance(found, int) or isinstance(expected, int)):
        return False
    try:
        found, expected = float(found), float(expected)
    except OverflowError:
        return False
    if math.isnan(found) or math.isnan(expected):
        return math.isnan(found) and math.isnan(expected)
    if math.isinf(found) or math.isinf(expected):
        return found == expected
    return abs(found - expected) <= max(rule.relative * abs(expected), rule.absolute)


def _unordered(
    found: dict[str, JsonValue], expected: dict[str, JsonValue]
) -> tuple[JsonValue, JsonValue] | None:
    """The contents of a dict or a set of Python and of what it must be, in one order; or None."""
    ((tag, content),) = found.items() if len(found) == 1 else [("", None)]
    if tag not in ("dict", "set", "frozenset") or not isinstance(content, list):
        return None
    other = expected.get(tag)
    pairs = isinstance(other, list) and all(
        isinstance(one, list) and len(one) == 2 for one in other
    )
    if tag == "dict" and not pairs:
        other = [[key, value] for key, value in expected.items()]
    if not isinstance(other, list):
        return None
    return sorted(content, key=json.dumps), sorted(other, key=json.dumps)


def _shown(value: JsonValue) -> str:
    value = _number(value)
    if isinstance(value, dict) and len(value) == 1:
        ((kind, content),) = value.items()
        return f"a {kind}: {_written(content)}"
    return _written(value)


def _written(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no more than 4,300 digits
        return "an integer of very many digits" if isinstance(value, int) else "very long integers"
