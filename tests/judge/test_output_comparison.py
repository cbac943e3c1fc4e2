"""What a run wrote beside what it must write: by tokens, exactly, with a tolerance."""

import time

import pytest

from sodakd.judge.output_comparison import beyond_limit, compare_outputs, difference
from sodakd.types import Outcome, OutputComparison, StdioCase, StdioTests

TOKENS, EXACT, LINES = OutputComparison


def differs(
    found: str, expected: str, comparison: OutputComparison, tolerance: float | None = None
) -> str:
    case = StdioCase(stdin="", stdout=expected)
    return difference(
        found, case, StdioTests(cases=(case,), comparison=comparison, tolerance=tolerance)
    )


@pytest.mark.parametrize(
    ("found", "expected", "tokens", "exact"),
    [
        ("1 2\n", "1 2", True, True),
        ("1 2  \r\n\n\n", "1 2", True, True),
        (" 1\n2", "1 2", True, False),
        ("1  2", "1 2", True, False),
        ("\n1", "1", True, False),
        ("1\n\n2", "1\n2", True, False),
        ("", "\n", True, True),
        ("", "0", False, False),
        ("1 2 3", "1 2", False, False),
        ("1.0", "1", False, False),
        ("Yes", "YES", False, False),
        ("a\u00a0b", "a b", False, False),
        ("a\u2028b", "a\u2028b", True, True),
        ("\udcff", "\ufffd", False, False),
        ("1\x1c2", "1 2", False, False),
    ],
)
def test_blanks_count_as_the_comparison_says(
    found: str, expected: str, tokens: bool, exact: bool
) -> None:
    assert (differs(found, expected, TOKENS) == "") is tokens
    assert (differs(found, expected, EXACT) == "") is exact


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("\n  1 2\t\n 3\n\n", "1 2\n3", True),
        ("1.0 2e0\n3", "1 2\n3.00", True),
        ("1 2 3", "1 2\n3", False),
        ("1\n\n2", "1\n2", False),
        ("1  2", "1 2", True),
        ("a  b", "a b", False),
        ("50000000000000000", "50000000000000001", False),
        ("0.1", "0.10000000000000001", False),
        ("nan", "NaN", False),
        ("sNaN", "1", False),
        ("x 1.0", "x 1", False),
        ("\udcff", "1", False),
    ],
)
def test_lines_are_the_same_where_their_numbers_are(found: str, expected: str, same: bool) -> None:
    assert (differs(found, expected, LINES) == "") is same


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("1.0000001 2", "1 2", True),
        ("1.01", "1", False),
        ("1000000.5", "1000000", True),
        ("1e3", "1000", True),
        ("x 1", "x 1.0000001", True),
        ("nan", "NaN", True),
        ("inf", "Infinity", True),
        ("inf", "5", False),
        ("5", "inf", False),
        ("1_0", "10", False),
        ("0x1", "1", False),
        ("1" * 1000, "1" * 999 + "2", False),
        ("1", "", False),
        ("", "1", False),
    ],
)
def test_numbers_may_differ_by_the_tolerance(found: str, expected: str, same: bool) -> None:
    for comparison in (TOKENS, EXACT):
        assert (differs(found, expected, comparison, 1e-6) == "") is same


def test_a_tolerance_excuses_no_blanks_where_the_comparison_is_exact() -> None:
    assert differs("1  2.0", "1 2", EXACT, 1e-6)
    assert differs("1 2.0\n", "1 2", EXACT, 1e-6) == ""


def test_a_long_output_is_told_around_its_first_difference() -> None:
    found = "a\n" * 5000 + "b\n" + "c\n" * 5000
    for comparison, what in ((TOKENS, "token"), (EXACT, "line")):
        said = differs(found, found.replace("b", "B"), comparison)
        assert said.startswith(f"{what} 5001 is 'b', expected 'B'\ninput:\n")
        assert "... 9940 bytes ..." in said
        assert len(said) < 1500
    assert "token 1 is missing, expected 'a'" in differs("", found, TOKENS)
    assert "token 10002 is 'more', expected missing" in differs(f"{found} more", found, TOKENS)


def test_outputs_take_time_linear_in_their_length() -> None:
    """Each of these takes minutes where it is quadratic."""
    begun = time.process_time()
    for found in ("1 " * 60_000, " " * 120_000, "\n" * 120_000, "1" * 120_000, "1.\n" * 40_000):
        for comparison in (TOKENS, EXACT):
            for tolerance in (None, 1e-6):
                assert differs(f"{found}x", f"{found}y", comparison, tolerance)
                differs(found, f"{found} ", comparison, tolerance)
    assert time.process_time() < begun + 60


def test_the_first_case_that_fails_is_the_verdict() -> None:
    tests = StdioTests(cases=tuple(StdioCase(stdin=f"{n}", stdout=f"{n}") for n in range(3)))
    assert compare_outputs(["0", "1", "2"], tests, "", "") == (Outcome.PASSED, "")
    outcome, said = compare_outputs(["0", "9"], tests, "timeout", "no end")
    assert (outcome, said.split("\n")[0]) == (
        Outcome.WRONG_ANSWER,
        "case 2 of 3: token 1 is '9', expected '1'",
    )
    ended = compare_outputs(["0", "1"], tests, "timeout", "no end")
    assert ended == (Outcome.TIMEOUT, "case 3 of 3: no end\ninput:\n2")
    assert compare_outputs(["0"], tests, "", "")[0] is Outcome.NO_VERDICT


def test_more_than_may_be_written_is_said_before_it_is_tried() -> None:
    case = StdioCase(stdin="", stdout="a" * 60 + "\n" * 100)
    assert beyond_limit(StdioTests(cases=(case,)), 61) == ""
    assert beyond_limit(StdioTests(cases=(case,)), 60).startswith("case 1 expects 60 bytes")
    many = beyond_limit(StdioTests(cases=(case,) * 11), 61)
    assert many.startswith("all cases together expect 660 bytes")
