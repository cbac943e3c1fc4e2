"""Mutations: one token of a program is another, and what nobody would call a slip stays."""

from sodakd.text.mutations import mutations
from sodakd.types import Language

PYTHON = '''\
import math1
def f(a, b=10):
    """1 < 2"""
    total = 0  # 3 + 4
    for x in a:
        total += 1
        if x < b and not -x == total * 2:
            return True
    return total - 1
'''


def changed(code: str, language: Language, most: int = 100) -> list[tuple[str, str]]:
    """The words that each mutation changed, before and after."""
    found = []
    for mutant in mutations(code, language, most):
        pairs = zip(code.split(), mutant.split(), strict=True)
        found += [(one, other) for one, other in pairs if one != other]
    return found


def test_operators_numbers_and_truth_values_change_one_at_a_time() -> None:
    assert changed(PYTHON, Language.PYTHON) == [
        ("b=10):", "b=11):"), ("0", "1"), ("<", "<="), ("and", "or"), ("==", "!="), ("*", "+"),
        ("2:", "3:"), ("True", "False"), ("-", "+"), ("1", "2"),
    ]  # fmt: skip


def test_types_pointers_and_the_preprocessor_are_left_alone() -> None:
    head = "#define N 3\n#include <vector>\nint f(std::vector<int> a, int *b) {\n"
    code = f"{head}  return a[0] > *b;\n}}\n"
    assert changed(code, Language.CPP) == [("a[0]", "a[1]"), (">", ">=")]


def test_few_are_spread_over_the_program_and_the_same_each_time() -> None:
    found = changed(PYTHON, Language.PYTHON, 3)
    assert found == changed(PYTHON, Language.PYTHON, 3)
    assert [before for before, _ in found] == ["b=10):", "and", "2:"]
    assert mutations("", Language.PYTHON, 3) == []


def test_what_a_program_does_when_it_is_run_is_left_alone() -> None:
    java = "class Solution {\n  static int f(int a) { return a + 1; }\n"
    java += "  public static void main(String[] args) throws Exception { if (1 < 2) { f(3); } }\n"
    assert changed(f"{java}  static int g() {{ return 7; }}\n}}\n", Language.JAVA) == [
        ("+", "-"), ("1;", "2;"), ("7;", "8;"),
    ]  # fmt: skip
    python = (
        "def f(a):\n    return a\nprint(f(2))\nif __name__ == '__main__':\n    f(1)\n\n    f(2)\n"
    )
    assert changed(f"{python}def g():\n    return 4\n", Language.PYTHON) == [("4", "5")]
    assert changed("f = (a) => a * 2\nconsole.log(f(3))\n", Language.JAVASCRIPT) == [
        ("*", "+"), ("2", "3"),
    ]  # fmt: skip
    assert mutations("int main() { return 1;", Language.C, 3) == []
