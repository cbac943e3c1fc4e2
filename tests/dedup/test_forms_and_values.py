"""A program keeps its form under other names, and a question its values under other words."""

import pytest

from sodakd.dedup.program_form import program_forms
from sodakd.dedup.values import example_values
from sodakd.types import Language

PYTHON = '''
def largest_gap(numbers):
    """The largest gap."""
    ordered = sorted(numbers)
    return max(right - left for left, right in zip(ordered, ordered[1:]))
'''
RENAMED = """from typing import List

def f(xs: List[int]) -> int:
    # as before
    ys = sorted(xs)

    return max(b - a
               for a, b in zip(ys, ys[1:]))
"""
JAVA = """
class Solution {
    public static int sumOf(int[] values) {
        int total = 0; // so far
        for (int value : values) total += value;
        return Math.abs(total);
    }
}
"""


def test_a_renamed_program_in_another_layout_has_the_same_form() -> None:
    assert program_forms(PYTHON, Language.PYTHON) == program_forms(RENAMED, Language.PYTHON) != ()
    other = JAVA.replace("values", "xs").replace("sumOf", "g").replace("total", "t")
    other = other.replace("value :", "v :").replace("+= value", "+= v").replace("// so far", "")
    assert program_forms(JAVA, Language.JAVA) == program_forms(other, Language.JAVA) != ()


@pytest.mark.parametrize(
    ("language", "code", "old", "new"),
    [
        (Language.PYTHON, PYTHON, "max", "min"),
        (Language.PYTHON, PYTHON, "[1:]", "[2:]"),
        (Language.PYTHON, PYTHON, "right - left", "left - right"),
        (Language.JAVA, JAVA, "abs", "sqrt"),
        (Language.JAVA, JAVA, "+=", "-="),
    ],
)
def test_a_program_that_does_something_else_has_another_form(
    language: Language, code: str, old: str, new: str
) -> None:
    assert program_forms(code, language) != program_forms(code.replace(old, new), language)


def test_a_function_among_others_has_a_form_of_its_own() -> None:
    whole = program_forms(f"{PYTHON}\nprint(largest_gap([1, 5]))\n", Language.PYTHON)
    assert set(program_forms(PYTHON, Language.PYTHON)) < set(whole)


def test_short_programs_and_what_is_no_program_have_none() -> None:
    assert program_forms("def add(a, b):\n    return a + b\n", Language.PYTHON) == ()
    assert program_forms("Certainly! Here is the program.", Language.PYTHON) == ()


def test_values_are_the_same_in_other_words_and_languages() -> None:
    english = 'Given a list, find it.\n>>> find([1.0, 2.8, 3.0], 0.3)\nTrue\nmatch("ab cd") == 2'
    german = "Finde es.\nsuche([1,2.8,3], 0.3) => true\nvergleiche('ab cd') -> 2"
    go = '// Find it.\n// >>> Find([]float64{1, 2.8, 3}, 0.3)\n// true\n// Match("ab cd") -> 2'
    assert example_values(english) == example_values(german) == example_values(go)
    assert len(example_values(english)) == 4  # the row, the string, and the two examples


@pytest.mark.parametrize(
    "text", ["", "the list [1, 2, 3, 4, 5]", "apples = ['apple', 'banana']", "f(x)", "in 2023"]
)
def test_everybodys_values_are_none(text: str) -> None:
    assert example_values(text) == frozenset()
