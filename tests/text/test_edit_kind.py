"""The kind of a fault is told from what was changed."""

import pytest

from sodakd.text.edit_kind import edit_kind
from sodakd.types import FaultKind, Language

PYTHON = '''def f(xs, n):
    """Sum of the first n."""
    total = 0
    for i in range(n):
        if xs[i] < 0:
            continue
        total += max(xs[i], 1)
    return total
'''
JAVA = """class S {
    static int f(int[] xs, int n) {
        int total = 0; // so far
        for (int i = 0; i < n; i++) total += Math.max(xs[i], 1);
        return total;
    }
}
"""
EDITS = [
    (PYTHON, "< 0", "<= 0", FaultKind.OPERATOR),
    (PYTHON, "total += max", "total -= max", FaultKind.OPERATOR),
    (PYTHON, "xs[i] < 0", "not xs[i] < 0", FaultKind.OPERATOR),
    (PYTHON, "total = 0", "total = 1", FaultKind.CONSTANT),
    (PYTHON, "range(n)", "range(n - 1)", FaultKind.CONSTANT),
    (PYTHON, "range(n)", "range(1, n)", FaultKind.CONSTANT),
    (PYTHON, "max(", "min(", FaultKind.OPERATION),
    (PYTHON, "        if xs[i] < 0:\n            continue\n", "", FaultKind.DROP),
    (PYTHON, "max(xs[i], 1)", "max(1, xs[i])", FaultKind.SWAP),
    (PYTHON, "    return total", "        return total", FaultKind.SWAP),
    (PYTHON, "max(xs[i]", "max(xs[n]", FaultKind.NAME),
    (PYTHON, "range(n):", "range(n)", FaultKind.SYNTAX),
    (PYTHON, "return total", "total", FaultKind.NO_RETURN),
    (PYTHON, "    return total\n", "", FaultKind.NO_RETURN),
    (PYTHON, '    """Sum of the first n."""\n    total = 0', "    total = 1", FaultKind.CONSTANT),
    (JAVA, "i < n", "i <= n", FaultKind.OPERATOR),
    (JAVA, "int i = 0", "int i = 1", FaultKind.CONSTANT),
    (JAVA, "Math.max", "Math.min", FaultKind.OPERATION),
    (JAVA, "xs[i], 1", "1, xs[i]", FaultKind.SWAP),
    (JAVA, "xs[i]", "xs[n]", FaultKind.NAME),
    (JAVA, "total = 0;", "total = 0", FaultKind.SYNTAX),
    (JAVA, "        return total;\n", "", FaultKind.NO_RETURN),
    (JAVA, "int i = 0; i < n; i++) total", "int i = 0; i < n; i++) i", FaultKind.NAME),
]


@pytest.mark.parametrize(("code", "old", "new", "kind"), EDITS)
def test_an_edit_has_the_kind_of_what_it_changes(
    code: str, old: str, new: str, kind: FaultKind
) -> None:
    assert old in code
    language = Language.PYTHON if code is PYTHON else Language.JAVA
    assert edit_kind(code, code.replace(old, new, 1), language) is kind


@pytest.mark.parametrize("faulty", ["return total\n", "I changed:\n" + PYTHON, ""])
def test_a_piece_of_the_program_and_one_among_words_are_no_edit(faulty: str) -> None:
    assert edit_kind(PYTHON, faulty, Language.PYTHON) is None
