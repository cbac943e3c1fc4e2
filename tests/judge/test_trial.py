"""A program without tests passes where it compiles and runs to its end, in every language."""

from collections.abc import Iterator

import pytest

from sodakd.judge.judge import Judge
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.judge.untested import to_program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, Question, TestCase

PASSED, COMPILE, RUNTIME = Outcome.PASSED, Outcome.COMPILE_ERROR, Outcome.RUNTIME_ERROR
CASES = [
    (Language.PYTHON, "def f(x):\n    return x\n", PASSED),
    (Language.PYTHON, "def f(x:\n    return x\n", COMPILE),
    (Language.PYTHON, "print(y)\n", RUNTIME),
    (Language.JAVASCRIPT, "function f(x) { return x; }", PASSED),
    (Language.JAVASCRIPT, "f(1);", RUNTIME),
    (Language.TYPESCRIPT, "function f(x: number): number { return x; }", PASSED),
    (Language.TYPESCRIPT, "function f(x: number): string { return x; }", COMPILE),
    (Language.C, "int f(int x) { return x; }", PASSED),
    (Language.C, "#include <stdio.h>\nint main() { puts(\"a\"); return 0; }", PASSED),
    (Language.C, "int f(int x) { return x }", COMPILE),
    (Language.CPP, "#include <string>\nstd::string f() { return {}; }", PASSED),
    (Language.CPP, "#include <cstdlib>\nint main() { std::abort(); }", RUNTIME),
    (Language.JAVA, "public class A { static int f(int x) { return x; } }", PASSED),
    (Language.JAVA, "import java.util.*;\npublic static List<String> f() { return null; }", PASSED),
    (Language.JAVA, "class A { public static void main(String[] a) { int x = 1 / 0; } }", RUNTIME),
    (Language.JAVA, "class A { int f() { } }", COMPILE),
    (Language.GO, "func F(x int) int { return x }", PASSED),
    (Language.GO, 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(1) }\n', PASSED),
    (Language.GO, 'package main\n\nfunc main() { panic("no") }\n', RUNTIME),
    (Language.GO, "package main\n\nfunc main() { x := 1 }\n", COMPILE),
]  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings()) as judge:
        yield judge


def untested(language: Language) -> Question:
    return Question.new(text="Do it.", language=language, tests=None, source="", level=None)


@pytest.mark.toolchain
@pytest.mark.parametrize(("language", "code", "outcome"), CASES)
def test_a_trial_runs_an_answer_to_its_end(
    judge: Judge, language: Language, code: str, outcome: Outcome
) -> None:
    found = toolchain(language)
    if isinstance(found, MissingToolchain):
        pytest.skip(f"{language} has no toolchain here: {found.reason}")
    verdict = judge.judge(to_program(untested(language), code))
    assert verdict.outcome is outcome, verdict.output


@pytest.mark.toolchain
def test_no_code_is_no_program_and_says_why(judge: Judge) -> None:
    verdict = judge.judge(to_program(untested(Language.GO), " ", "the answer is in sql"))
    assert (verdict.outcome, verdict.output) == (Outcome.NOT_EXECUTABLE, "the answer is in sql")


def test_tests_of_a_question_are_its_own() -> None:
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=1),))
    question = untested(Language.PYTHON).model_copy(update={"tests": tests})
    assert to_program(question, "def f(x): return x").tests is tests
