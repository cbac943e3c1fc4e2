"""What a program gave is compared in value and type, near where it is a float."""

import math

import pytest
from pydantic import JsonValue

from sodakd.judge import Judge, Program
from sodakd.judge.compare import Rule, compare, equal
from sodakd.settings.stages import JudgeSettings
from sodakd.text.json_values import decode, encode
from sodakd.types import CallTests, Language, Outcome, TestCase

NAN, INFINITE = float("nan"), float("inf")


def test_values_are_the_same_in_value_and_type() -> None:
    assert equal({"dict": [["b", [1]], ["a", NAN]]}, {"a": NAN, "b": [1]})
    assert equal({"dict": [[1, 2]]}, {"dict": [[1, 2]]})
    assert equal({"set": [3, 1]}, {"set": [1, 3]})
    assert equal({"dict": [["dict", [1, 2]]]}, {"dict": [1, 2]})
    assert equal({"a": 1}, {"a": 1.0}, Rule(strict=False))
    assert not equal({"dict": [["a", 1]]}, {"a": 1.0})
    assert not equal({"dict": [["a", 1], ["a", 1]]}, {"a": 1, "b": 2})
    assert not equal({"set": [1]}, {"set": [1, 1]})
    assert not equal({"tuple": [1, 2]}, [1, 2])
    assert not equal({"dict": [["set", [1]]]}, {"set": [2]})
    assert not equal(1, True)
    assert not equal(1, True, Rule(strict=False))


@pytest.mark.parametrize(
    ("found", "expected", "tolerance", "passed"),
    [
        (0.1 + 0.2, 0.3, None, True),
        (1 / 3, 0.3333333, None, True),
        (36.6 * 1.8 + 32, 97.88, None, True),
        (math.sin(math.pi), 0.0, None, True),
        (1e22 / 3, 3.333333333e21, None, True),
        (0.333, 1 / 3, None, False),
        (97.89, 97.88, None, False),
        (1e-8, 2e-8, None, False),
        (0.3330, 1 / 3, 1e-3, True),
        (0.1 + 0.2, 0.3, 0.0, False),
        (INFINITE, INFINITE, None, True),
        (1e308, INFINITE, None, False),
        (INFINITE, 1e308, 1.0, False),
        (NAN, NAN, 0.0, True),
        (NAN, 1.0, 1.0, False),
        (2, 2.0, None, False),
        (2.0, 2, 1.0, False),
        ([0.1 + 0.2], [0.3], None, True),
    ],
)
def test_a_float_is_as_near_as_it_must_be(
    found: JsonValue, expected: JsonValue, tolerance: float | None, passed: bool
) -> None:
    rule = Rule() if tolerance is None else Rule(relative=tolerance, absolute=tolerance)
    assert equal(found, expected, rule) is passed


LONG = 7**7000
"""An integer of 5,916 digits."""


@pytest.mark.toolchain
def test_long_integers_are_values_like_others() -> None:
    assert decode(encode([LONG, {-LONG: 1}])) == [LONG, {-LONG: 1}]
    code = "def f(x):\n    return [x * 7, -x]\n"
    for expected, outcome in (([LONG * 7, -LONG], "passed"), ([LONG * 7, LONG], "wrong_answer")):
        tests = CallTests(
            entry_point="f", cases=(TestCase(arguments=(LONG,), expected=[*expected]),)
        )
        with Judge(JudgeSettings(calibrate=False), 1) as judge:
            verdict = judge.judge(Program(code, Language.PYTHON, tests))
        assert verdict.outcome == outcome, verdict.output


@pytest.mark.parametrize(
    "value", ["[" * 5000 + "]" * 5000, "9" * 200_000, "nul", '{"int": "zz"}', '{"value": ']
)
def test_what_cannot_be_read_is_no_pass(value: str) -> None:
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(), expected=1),))
    outcome, _ = compare(f'{{"value": {value}}}\n', tests, Language.PYTHON)
    assert outcome is Outcome.NO_VERDICT
