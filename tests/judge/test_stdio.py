"""Programs that read standard input: what passes, what fails, what a run leaves behind."""

import json
from collections.abc import Iterator

import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Judge, Program
from sodakd.judge.protocol import encode_limits, encode_task
from sodakd.settings.stages import JudgeSettings
from sodakd.types import (
    Isolation,
    JudgeStage,
    Language,
    Outcome,
    OutputComparison,
    StdioCase,
    StdioTests,
)
from tests.judge.programs import Found
from tests.judge.stdio_cases import TESTS, plain, ways
from tests.judge.test_programs import skip_where_missing

PYTHON = Language.PYTHON


def python(code: str, tests: StdioTests) -> Program:
    return Program(code, PYTHON, tests)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=2, memory_mb=256), workers=1) as judge:
        yield judge


@pytest.mark.toolchain
@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("language", Language)
def test_right_and_wrong_programs_are_told_apart(language: Language, *, warm: bool) -> None:
    skip_where_missing(language)
    right = plain(language)
    with Judge(JudgeSettings(), workers=1, warm=warm) as judge:
        both = [Program(one, language, TESTS) for one in (right, right.replace("+ 0", "+ 1"))]
        passed, wrong = judge.judge_all(both)
    assert (passed.outcome, passed.output) == (Outcome.PASSED, "")
    assert passed.isolation is wrong.isolation is Isolation.SPLIT
    assert wrong.outcome is Outcome.WRONG_ANSWER
    assert wrong.output == (
        "case 1 of 4: token 1 is '2', expected '1'\ninput:\n1\n1\nexpected:\n1\nfound:\n2"
    )


@pytest.mark.toolchain
@pytest.mark.parametrize(
    "found",
    [found for language in Language for found in ways(language)],
    ids=lambda found: f"{found.language}-{found.name}",
)
def test_a_program_reads_and_writes_as_it_likes(judge: Judge, found: Found) -> None:
    skip_where_missing(found.language)
    verdict = judge.judge(Program(found.code, found.language, TESTS))
    assert verdict.passed, verdict.output


BROKEN = {
    Language.PYTHON: "print(",
    Language.JAVASCRIPT: "console.log((;",
    Language.TYPESCRIPT: "const a: number = 'a'; console.log(1);",
    Language.C: "int main() { return x; }",
    Language.CPP: "int main() { return x; }",
    Language.GO: "package main\nfunc main() { var a int }\n",
    Language.JAVA: "class A { public static void main(String[] a) { int x = y; } }",
}
FAILING = {
    Language.PYTHON: ("print(1)\nraise ValueError('odd')\n", "ValueError: odd (line 2)"),
    Language.JAVASCRIPT: ("console.log(1);\nthrow new Error('odd');\n", "Error: odd"),
    Language.TYPESCRIPT: ("console.log(1);\nthrow new Error('odd');\n", "Error: odd"),
    Language.C: ("#include <stdio.h>\nint main() { puts(\"1\"); return 3; }\n", "ended with 3"),
    Language.CPP: (
        "#include <iostream>\n#include <vector>\n"
        "int main() { std::cout << 1 << std::endl; std::vector<int>().at(1); }\n",
        "out_of_range",
    ),
    Language.GO: (
        'package main\nimport "fmt"\nfunc main() { fmt.Println(1); panic("odd") }\n',
        "panic: odd",
    ),
    Language.JAVA: (
        "class A { public static void main(String[] a) { System.out.println(1);"
        ' throw new RuntimeException("odd"); } }',
        "RuntimeException: odd",
    ),
}  # fmt: skip
"""They write what is right, and end with an error."""
ONE = StdioTests(cases=(StdioCase(stdin="", stdout="1"),) * 2)


@pytest.mark.toolchain
@pytest.mark.parametrize("language", Language)
def test_a_program_that_does_not_compile_or_ends_with_an_error_says_so(
    judge: Judge, language: Language
) -> None:
    skip_where_missing(language)
    broken = judge.judge(Program(BROKEN[language], language, TESTS))
    assert (broken.outcome, broken.stage) == (Outcome.COMPILE_ERROR, JudgeStage.COMPILE)
    code, said = FAILING[language]
    failed = judge.judge(Program(code, language, ONE))
    assert failed.outcome is Outcome.RUNTIME_ERROR
    assert failed.output.startswith("case 1 of 2: ended ")
    assert said in failed.output


ENDS: dict[str, tuple[str, Outcome]] = {
    "a status after what is right": ("print(1)\nraise SystemExit(3)\n", Outcome.RUNTIME_ERROR),
    "an exit with a text": ("print(1)\nimport sys\nsys.exit('no')\n", Outcome.RUNTIME_ERROR),
    "a thread that raises": (
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\nprint(1)\n",
        Outcome.PASSED,
    ),
    "no end": ("while True: pass\n", Outcome.TIMEOUT),
    "a thread that does not end": (
        "import threading, time\nprint(1, flush=True)\n"
        "threading.Thread(target=time.sleep, args=(99,)).start()\n",
        Outcome.TIMEOUT,
    ),
    "memory": ("x = bytearray(10**9)\n", Outcome.MEMORY_LIMIT),
    "output": ("while True: print('a' * 9999)\n", Outcome.OUTPUT_LIMIT),
    "errors without end": (
        "import sys\nwhile True: print('a' * 9999, file=sys.stderr)\n",
        Outcome.OUTPUT_LIMIT,
    ),
    "more than it may read": ("print(1)\ninput()\n", Outcome.RUNTIME_ERROR),
    "output and errors are two": (
        "import sys\nprint(2, file=sys.stderr)\nprint(1)\n",
        Outcome.PASSED,
    ),
    "a signal": (
        "import os\nprint(1, flush=True)\nos.kill(os.getpid(), 15)\n",
        Outcome.RUNTIME_ERROR,
    ),
    "nothing": ("pass\n", Outcome.WRONG_ANSWER),
}


@pytest.mark.toolchain
@pytest.mark.parametrize("name", ENDS)
def test_how_a_run_ends_is_its_outcome(judge: Judge, name: str) -> None:
    code, outcome = ENDS[name]
    verdict = judge.judge(python(code, ONE))
    assert verdict.outcome is outcome, verdict.output


@pytest.mark.toolchain
def test_the_first_case_that_fails_decides(judge: Judge) -> None:
    """What runs after a bad end is not run; what ran before it is compared."""
    cases = tuple(StdioCase(stdin=str(n), stdout=str(n)) for n in range(5))
    code = "n = int(input())\nif n == {}: raise ValueError\nprint(n + (n == {}))\n"
    tests = StdioTests(cases=cases)
    for raises, wrong, outcome, number in (
        (3, 2, Outcome.WRONG_ANSWER, 3),
        (2, 3, Outcome.RUNTIME_ERROR, 3),
    ):
        verdict = judge.judge(python(code.format(raises, wrong), tests))
        assert verdict.outcome is outcome
        assert verdict.output.startswith(f"case {number} of 5: ")
        assert f"input:\n{number - 1}" in verdict.output


@pytest.mark.toolchain
def test_a_run_finds_nothing_that_another_left(judge: Judge) -> None:
    found = "import os\nprint(len(os.listdir('.')))\nopen('left', 'w').close()\n"
    assert judge.judge(python(found, repeated("0", 3))).passed


@pytest.mark.toolchain
def test_large_inputs_and_many_cases_are_read(judge: Judge) -> None:
    text = "7 " * 500_000
    large = StdioTests(cases=(StdioCase(stdin=text, stdout=text),) * 3)
    settings = JudgeSettings(output_kb=2048)
    with Judge(settings, workers=1) as wide:
        assert wide.judge(python("print(input())", large)).passed
    many = StdioTests(cases=tuple(StdioCase(stdin=str(n), stdout=str(n)) for n in range(100)))
    assert judge.judge(python("print(input())", many)).passed


@pytest.mark.toolchain
def test_all_runs_together_have_limits_too(judge: Judge) -> None:
    spins = "import time\nn = time.process_time()\nwhile time.process_time() < n + 0.12: pass\n"
    with Judge(JudgeSettings(cpu_seconds=0.2, calibrate=False), workers=1) as hasty:
        verdict = hasty.judge(python(spins, repeated("", 40)))
    assert verdict.outcome is Outcome.TIMEOUT
    assert "no end of all runs within 2 CPU seconds together" in verdict.output
    written = f"a{' ' * 999}" * 1000
    assert judge.judge(python(f"print({written!r})\n", repeated(written, 10))).passed
    verdict = judge.judge(python(f"print({written!r})\n", repeated(written, 11)))
    assert verdict.outcome is Outcome.OUTPUT_LIMIT
    assert "more than 10240 KiB written by all runs together" in verdict.output


def repeated(stdout: str, count: int) -> StdioTests:
    return StdioTests(cases=(StdioCase(stdin="", stdout=stdout),) * count)


def test_what_no_program_may_write_is_no_test() -> None:
    tests = StdioTests(cases=(StdioCase(stdin="", stdout="a" * 2**20),))
    limits = encode_limits(JudgeSettings(), 1.0)
    with pytest.raises(JudgeError, match=r"case 1 expects 1048576 bytes .* raise judge.output_kb"):
        encode_task(python("pass", tests), limits, warm=True)


def test_what_is_expected_is_not_sent_to_who_runs_the_program() -> None:
    tests = StdioTests(cases=(StdioCase(stdin="in 12345", stdout="out 67890"),))
    task = json.dumps(encode_task(python("pass", tests), {"output": 100}, warm=True))
    assert "in 12345" in task
    assert "67890" not in task


@pytest.mark.toolchain
def test_an_output_that_is_no_text_is_compared_and_shown(judge: Judge) -> None:
    code = "import os\nos.write(1, b'\\xff\\xc3\\xa9 1\\x00')\n"
    tests = StdioTests(cases=(StdioCase(stdin="", stdout="é 1"),))
    verdict = judge.judge(python(code, tests))
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert "token 1 is '\N{REPLACEMENT CHARACTER}é', expected 'é'" in verdict.output
    unicode = StdioTests(
        cases=(StdioCase(stdin="é\u2028😀\u0000", stdout="é\u2028😀\u0000"),),
        comparison=OutputComparison.EXACT,
    )
    assert judge.judge(python("print(input())", unicode)).passed


@pytest.mark.toolchain
def test_equal_programs_with_other_expectations_have_other_verdicts(judge: Judge) -> None:
    code = "print(1)  # twice"
    for stdout, passes in (("1", True), ("2", False), ("1", True)):
        tests = StdioTests(cases=(StdioCase(stdin="", stdout=stdout),))
        assert judge.judge(Program(code, PYTHON, tests)).passed is passes
    assert judge.judge(Program(code, PYTHON, TESTS)).outcome is Outcome.WRONG_ANSWER
