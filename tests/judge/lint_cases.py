"""Known faults: a program, and what each tool must find in it, at which line."""

from dataclasses import dataclass

from sodakd.types import Language, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True)
class Known:
    """One fault that a tool must find."""

    tool: str
    language: Language
    line: int
    rule: str
    severity: Severity
    code: str


KNOWN = (
    Known("ruff", Language.PYTHON, 3, "F821", ERROR,
          "def f(x):\n    if x:\n        return y\n    return x\n"),
    Known("ruff", Language.PYTHON, 1, "F401", WARNING, "import os\n\n\ndef f():\n    return 1\n"),
    Known("ruff", Language.PYTHON, 2, "invalid-syntax", ERROR, "def f():\n    return (\n"),
    Known("oxlint", Language.JAVASCRIPT, 2, "no-undef", ERROR,
          "function f(x) {\n  return x + y;\n}\n"),
    Known("oxlint", Language.JAVASCRIPT, 2, "no-unused-vars", WARNING,
          "function f(x) {\n  const unused = 1;\n  return x;\n}\n"),
    Known("oxlint", Language.JAVASCRIPT, 2, "syntax", ERROR, "function f(x) {\n  return 'x;\n}\n"),
    Known("oxlint", Language.TYPESCRIPT, 2, "no-dupe-keys", ERROR,
          "function f(): object {\n  return { a: 1, a: 2 };\n}\n"),
    Known("cppcheck", Language.C, 4, "memleak", ERROR,
          "#include <stdlib.h>\nint f(void) {\n  int *p = malloc(4);\n  return 1;\n}\n"),
    Known("cppcheck", Language.CPP, 4, "zerodiv", ERROR,
          "int f() {\n  int a = 0;\n  int b = 1;\n  return b / a;\n}\n"),
)  # fmt: skip

CLEAN = {
    Language.PYTHON: "def f(x):\n    return x + 1\n",
    Language.JAVASCRIPT: "const add = (a, b) => a + b;\nfunction f(x) {\n  return add(x, 1);\n}\n",
    Language.TYPESCRIPT: "function f(x: number): number {\n  return x + 1;\n}\n",
    Language.JAVA: "class A {\n  static int f(int x) {\n    return x + 1;\n  }\n}\n",
    Language.C: "#include <stdio.h>\nint f(int x) {\n  printf(\"%d\", x);\n  return x + 1;\n}\n",
    Language.CPP: "#include <vector>\nint f(int x) {\n  return std::vector<int>{x}[0];\n}\n",
    Language.GO: "package main\n\nfunc f(x int) int {\n\treturn x + 1\n}\n",
}  # fmt: skip

SILENCED = (
    Known("ruff", Language.PYTHON, 4, "F821", ERROR,
          "# ruff: noqa\n# ruff: disable[F821]\n# flake8: noqa\nprint(y)  # noqa: F821\n"),
    Known("oxlint", Language.JAVASCRIPT, 3, "no-undef", ERROR,
          "/* eslint-disable */\n// oxlint-disable-next-line no-undef\nf();\n"),
    Known("cppcheck", Language.C, 5, "memleak", ERROR,
          "// cppcheck-suppress memleak\n#include <stdlib.h>\nint f(void) { int *p = malloc(4);\n"
          "#line 90 \"other.c\"\nreturn 1; }\n"),
)  # fmt: skip
"""Programs that order the tools to be silent, or that give their lines other numbers."""
