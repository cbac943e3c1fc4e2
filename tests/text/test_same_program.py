"""Two programs are the same where they differ in comments and layout alone."""

import pytest

from sodakd.text.same_program import is_same
from sodakd.types import Language

SAME = [
    (Language.PYTHON, "x = 1  # one\n", "\n# two\nx=1\n"),
    (Language.PYTHON, "def f(x):\n    return x\n", 'def f(x):\n  """Give x."""\n\n  return x'),
    (Language.PYTHON, "f(1,\n  2)\n", "f(1, 2)\n"),
    (Language.C, "int f(int a) { return a; } // a", "/* f */ int f(int a)\n{\n  return a;\n}\n"),
    (Language.C, "#define  N 10 // ten\nint x;", "#define N 10\nint x;"),
    (Language.JAVASCRIPT, "f(/* a */ 1) // b", "f( 1 )"),
    (Language.GO, "x := a / b // half\n", "x := a/b\n"),
]
OTHERS = [
    (Language.PYTHON, "x = a // 2\n", "x = a // 3\n"),
    (Language.PYTHON, 's = "a # b"\n', 's = "a # c"\n'),
    (Language.PYTHON, 's = "a b"\n', 's = "ab"\n'),
    (Language.PYTHON, "if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n"),
    (Language.PYTHON, "notx = 1\n", "not x\n"),
    (Language.PYTHON, "def f():\n    return 'a'\n", "def f():\n    'a'\n"),
    (Language.C, "#define N 10\nint x;", "#define N 20\nint x;"),
    (Language.C, "#include <a.h>\n", "#include <b.h>\n"),
    (Language.C, "#define A b\nc;", "#define A b c;"),
    (Language.C, "a + ++b;", "a++ + b;"),
    (Language.C, "a & &b;", "a && b;"),
    (Language.C, 'puts("http://a");', 'puts("http://b");'),
    (Language.CPP, 'f(R"(// a)");', 'f(R"(// b)");'),
    (Language.CPP, "int n = 1'000; // '\n", "int n = 1'001; // '\n"),
    (Language.JAVA, 'f("""\n  // a\n""");', 'f("""\n  // b\n""");'),
    (Language.GO, "s := `// a`", "s := `// b`"),
    (Language.JAVASCRIPT, "s = `// a`", "s = `// b`"),
    (Language.JAVASCRIPT, r"s.split(/\/\//).length + 1", r"s.split(/\/\//).length + 2"),
    (Language.JAVASCRIPT, "n = s.match(/['\"]/) + 1", "n = s.match(/['\"]/) + 2"),
    (Language.TYPESCRIPT, "return x", "return\nx"),
]


@pytest.mark.parametrize(("language", "one", "other"), SAME)
def test_comments_and_layout_make_no_other_program(
    language: Language, one: str, other: str
) -> None:
    assert is_same(one, other, language)


@pytest.mark.parametrize(("language", "one", "other"), OTHERS)
def test_what_looks_like_a_comment_in_another_language_is_code(
    language: Language, one: str, other: str
) -> None:
    assert not is_same(one, other, language)
