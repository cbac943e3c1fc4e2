"""Calls that no program could be put to are said where tests are read."""

import pytest
from pydantic import JsonValue

from sodakd.text.test_validation import signature_error
from sodakd.types import CallTests, Language, Signature, TestCase, ValueType

FIRST_LOST = 2**53 + 1
INT, INTS, FLOAT = ValueType.INT, ValueType.INTS, ValueType.FLOAT


def calls(
    argument: JsonValue, expected: JsonValue, types: tuple[ValueType, ValueType] | None
) -> CallTests:
    signature = None if types is None else Signature(arguments=types[:1], returns=types[1])
    case = TestCase(arguments=(argument,), expected=expected)
    return CallTests(entry_point="f", cases=(case,), signature=signature)


@pytest.mark.parametrize(
    ("language", "tests", "what"),
    [
        (Language.JAVASCRIPT, calls(FIRST_LOST, 1, (INT, INT)), "argument 1 is 9007199254740993"),
        (Language.JAVASCRIPT, calls({"a": [-FIRST_LOST]}, 1, None), "argument 1 is"),
        (Language.JAVASCRIPT, calls(1, FIRST_LOST, (INT, INT)), "expected is 9007199254740993"),
        (Language.TYPESCRIPT, calls(1, [1, FIRST_LOST], (INT, INTS)), "expected is [1, 9007"),
        (Language.JAVASCRIPT, calls(10**400, 1, None), "argument 1 is 1000"),
        (Language.C, calls(2**63, 1, (INT, INT)), "argument 1 is 9223372036854775808"),
        (Language.JAVA, calls([-(2**63) - 1], 1, (INTS, INT)), "argument 1 is [-9223"),
        (Language.GO, calls(1, 2**63, (INT, INT)), "expected is 9223372036854775808"),
        (Language.CPP, calls(10**5000, 1, (INT, INT)), "an integer of thousands of digits"),
    ],
)
def test_an_integer_that_a_language_has_not_is_said_to_be_out_of_reach(
    language: Language, tests: CallTests, what: str
) -> None:
    wrong = signature_error(tests, language)
    assert what in wrong
    assert "no program could pass" in wrong
    assert language.display_name in wrong


@pytest.mark.parametrize(
    ("language", "tests"),
    [
        (Language.JAVASCRIPT, calls(2**53, 2**53 + 2, (INT, INT))),
        (Language.JAVASCRIPT, calls(1, FIRST_LOST, None)),  # of a BigInt
        (Language.TYPESCRIPT, calls(1, FIRST_LOST, (INT, FLOAT))),
        (Language.JAVA, calls(2**63 - 1, -(2**63), (INT, INT))),
        (Language.GO, calls(10**20, 1, (FLOAT, INT))),
        (Language.PYTHON, calls(10**30, 10**5000, (INT, INT))),
    ],
)
def test_an_integer_that_a_language_has_is_none(language: Language, tests: CallTests) -> None:
    assert signature_error(tests, language) == ""
