"""The little programs of tests/programs: one question for all, asked by calls or by a script."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from sodakd.judge import Program
from sodakd.types import (
    CallTests,
    Isolation,
    Language,
    Signature,
    TestCase,
    TestScript,
    ValueType,
    Verdict,
)

ROOT = Path(__file__).parent.parent / "programs"
HOSTILE = ROOT / "hostile"
SURVIVOR = f"sodakd-{os.getpid()}"
"""The name of a process that hostile programs leave behind: tests beside these have others."""
BOMBS = frozenset({"fork_bomb"})
"""Hostile programs beside which nothing else comes to a core, for as long as a program may wait."""
INPUTS = (1, 21, -3, 0, 1_000_000)

CALLS = CallTests(
    entry_point="double_it",
    cases=tuple(TestCase(arguments=(n,), expected=2 * n) for n in INPUTS),
    signature=Signature(arguments=(ValueType.INT,), returns=ValueType.INT),
)

_C_MAIN = "\nint main() {{\n{0}\n    return 0;\n}}\n"


def _script(language: Language) -> str:
    def lines(form: str) -> str:
        return "\n".join(form.format(n, 2 * n) for n in INPUTS)

    match language:
        case Language.PYTHON:
            body = lines("    assert candidate({0}) == {1}")
            return f"def check(candidate):\n{body}\n\n\ncheck(double_it)\n"
        case Language.C:
            return "\n#include <assert.h>" + _C_MAIN.format(
                lines("    assert(double_it({0}) == {1});")
            )
        case Language.CPP:
            body = lines("    assert(double_it({0}) == {1});")
            return "\n#include <cassert>" + _C_MAIN.format(body)
        case Language.JAVASCRIPT:
            return 'require("assert");\n' + lines(
                'require("assert").deepEqual(double_it({0}), {1});'
            )
        case Language.TYPESCRIPT:
            return "declare var require: any;\n" + lines(
                'require("node:assert").deepEqual(double_it({0}), {1});'
            )
        case Language.JAVA:
            body = lines("        if (Solution.double_it({0}) != {1}) throw new AssertionError();")
            head = "\nclass Problem {\n    public static void main(String[] a) {\n"
            return f"{head}{body}\n    }}\n}}\n"
        case Language.GO:
            body = lines('    if double_it({0}) != {1} {{ t.Fatal("wrong") }}')
            return f"\nfunc TestDouble(t *testing.T) {{\n{body}\n}}\n"


SCRIPTS = {
    language: TestScript(entry_point="double_it", script=script)
    for language in Language
    if (script := _script(language))
}
"""A language that `_script` lacks has none: `tests/test_languages.py` names it."""


@dataclass(frozen=True)
class Found:
    """A program file: its language, the part of its name before the first dot, its code."""

    language: Language
    name: str
    code: str

    def by_calls(self) -> Program:
        """The program, its calls compared outside."""
        return Program(self.code, self.language, CALLS, id=self.name)

    def by_script(self) -> Program:
        """The program with assertions in its own language."""
        code = self.code
        if self.language is Language.GO:
            code = code.replace("package main\n", 'package main\n\nimport "testing"\n', 1)
        return Program(code, self.language, SCRIPTS[self.language], id=self.name)

    def marked(self, mark: object) -> "Found":
        """The same program with a comment more: equal programs are run once."""
        comment = "#" if self.language is Language.PYTHON else "//"
        return replace(self, code=f"{self.code}\n{comment} {mark}\n")


FORGING = frozenset(
    """
    always_equal always_equal_int assertion_overloaded early_return ifunc ifunc_library inspector
    macro_entry macro_if main_label modules_patched no_assert own_assertion own_memory own_require
    preinit preinit_sorted unreachable
    """.split()  # noqa: SIM905
)
"""Hostile programs that agree with a script in their own process, or give its nonce back."""


def passed_unsaid(found: Found, verdict: Verdict) -> bool:
    """Whether a hostile program passed, and its verdict does not say that it may have forged it."""
    said = verdict.isolation is Isolation.IN_PROCESS and found.name in FORGING
    return verdict.passed and not said


def programs(folder: Path, language: Language) -> list[Found]:
    """The programs of a language below a folder, by name."""
    return [
        Found(language, path.stem, path.read_text().replace("sodakd-survive", SURVIVOR))
        for path in sorted((folder / language.value).glob("*.*"))
    ]


def hostile(language: Language, *, bombs: bool) -> list[str]:
    """The names of a language's hostile programs: of `BOMBS`, or of the others."""
    names = [found.name for found in programs(HOSTILE, language)]
    return [name for name in names if (name in BOMBS) is bombs]


def good(language: Language) -> Found:
    """A program that is right."""
    return next(
        found for found in programs(ROOT, language) if found.name.startswith("passed.plain")
    )
