"""The judge: what a program does is a verdict, and nothing of it stays."""

import json
from collections.abc import Iterator

import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, Question, TestCase, Verdict

pytestmark = pytest.mark.toolchain

GOOD = "def total(xs):\n    return sum(xs)\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=0.3, memory_mb=128)) as judge:
        yield judge


def verdict(judge: Judge, code: str, question: Question) -> Verdict:
    assert question.tests is not None
    return judge.judge(Program(code, question.language, question.tests))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (GOOD, Outcome.PASSED),
        ("def total(xs):\n    return 6", Outcome.WRONG_ANSWER),
        ("def total(xs):\n    return float(sum(xs))", Outcome.WRONG_ANSWER),
        ("def total(xs):\n    return sum(xs) == 6 or 0", Outcome.WRONG_ANSWER),
        ("def total(xs):\n    pass", Outcome.WRONG_ANSWER),
        ("def total(xs:", Outcome.COMPILE_ERROR),
        ("def sum_up(xs):\n    return sum(xs)", Outcome.RUNTIME_ERROR),
        ("def total(xs):\n    return xs[9]", Outcome.RUNTIME_ERROR),
        ("def total(xs):\n    return total(xs)", Outcome.RUNTIME_ERROR),
        ("while True:\n    pass", Outcome.TIMEOUT),
        ("import time\ntime.sleep(60)", Outcome.TIMEOUT),
        ("x = [0] * 10**9", Outcome.MEMORY_LIMIT),
        ("[open(f'{n}', 'w').write('a' * 10**7) for n in range(9)]", Outcome.OUTPUT_LIMIT),
        ("import os\nos._exit(0)", Outcome.NO_VERDICT),
        ("import sys\nsys.exit(0)", Outcome.RUNTIME_ERROR),
        ("import os\nos.kill(os.getpid(), 11)", Outcome.RUNTIME_ERROR),
        ("   \n", Outcome.NOT_EXECUTABLE),
    ],
)
def test_a_program_gets_the_verdict_it_deserves(
    judge: Judge, question: Question, code: str, outcome: Outcome
) -> None:
    assert verdict(judge, code, question).outcome is outcome
    assert verdict(judge, GOOD + "\n#" + code[:1], question).passed


def test_a_printed_verdict_is_not_believed(judge: Judge, question: Question) -> None:
    forged = json.dumps({"outcome": "passed", "stage": "run", "output": ""})
    code = (
        "import os\nfor fd in range(64):\n    try:\n"
        f"        os.write(fd, {forged!r}.encode())\n"
        "    except OSError:\n        pass\nos._exit(0)"
    )
    assert not verdict(judge, code, question).passed


def test_a_program_sees_no_environment(
    judge: Judge, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    code = "import os\nassert 'OPENAI_API_KEY' not in os.environ\n" + GOOD
    assert verdict(judge, code, question).passed


def test_the_same_program_gets_the_same_words(question: Question) -> None:
    code = "def total(xs):\n    return lambda: xs, {'b', 'a', 'c'}"
    words = set()
    for _ in range(3):
        with Judge(JudgeSettings()) as judge:
            words.add(verdict(judge, code, question).output)
    assert len(words) == 1


def test_calls_in_a_typed_language_need_a_signature(judge: Judge) -> None:
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(), expected=1),))
    with pytest.raises(JudgeError, match="needs the types of f"):
        judge.judge(Program("int f(void) { return 1; }", Language.C, tests))
