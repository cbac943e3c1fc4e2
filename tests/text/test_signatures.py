"""A function declared as invented questions ask for it is one that calls reach."""

import re
from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.text.languages import LANGUAGES
from sodakd.text.test_validation import declaration
from sodakd.types import CallTests, Language, Signature, TestCase, ValueType

BODIES = {
    Language.JAVA: "class Solution {{\n{0} {{ return c ? e : b; }}\n}}\n",
    Language.C: "{0} {{ return c && d > 0 && a.count && f.count && g.count ? e : b; }}\n",
    Language.CPP: "#include <string>\n#include <vector>\n{0} {{ return c ? e : b; }}\n",
    Language.GO: "package main\n\n{0} {{\nif c {{ return e }}\nreturn b }}\n",
    Language.TYPESCRIPT: "{0} {{ return c ? e : b; }}\n",
}
KINDS = ("list[int]", "str", "bool", "float", "str", "list[float]", "list[str]", "int")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        yield judge


@pytest.mark.toolchain
@pytest.mark.parametrize("language", [one for one in Language if LANGUAGES[one].types])
def test_a_function_that_is_declared_so_is_called(judge: Judge, language: Language) -> None:
    tools = toolchain(language)
    if isinstance(tools, MissingToolchain):
        pytest.skip(f"{language} is not here: {tools.reason}")
    given = ([1], "no", True, 0.5, "yes", [1.5], ["x"], 7)
    tests = CallTests(
        entry_point="chosen",
        signature=Signature(arguments=tuple(map(ValueType, KINDS)), returns=ValueType.STR),
        cases=(TestCase(arguments=given, expected="yes"),),
    )
    how = declaration(tests, language)
    found = re.match(r"Declare it as `([^`]+)`", how)
    assert found is not None
    code = BODIES[language].format(found[1])
    verdict = judge.judge(Program(code, language, tests))
    assert verdict.passed, verdict


def test_a_language_without_types_has_nothing_to_declare() -> None:
    tests = CallTests(
        entry_point="f",
        signature=Signature(arguments=(ValueType.INT,), returns=ValueType.INT),
        cases=(TestCase(arguments=(1,), expected=1),),
    )
    assert declaration(tests, Language.PYTHON) == declaration(tests, Language.JAVASCRIPT) == ""
    assert declaration(tests.model_copy(update={"signature": None}), Language.JAVA) == ""


def test_a_language_that_is_none_is_said() -> None:
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=1),))
    assert Program("", "python", tests).language is Language.PYTHON  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Pascal'; it must be one of python, java"):
        Program("", "Pascal", tests)  # type: ignore[arg-type]
