"""Python's two ways, a small interpreter that forks itself and a worker that does, judge alike."""

import os
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase, TestScript, Verdict
from tests.judge.programs import ROOT, programs

pytestmark = pytest.mark.toolchain

SETTINGS = JudgeSettings(cpu_seconds=1, memory_mb=256)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Judge, Judge]]:
    with Judge(SETTINGS, 1) as warm, Judge(SETTINGS, 1, warm=False) as cold:
        yield warm, cold


def _called(code: str, expected: object) -> Program:
    cases = (TestCase(arguments=(), expected=expected),)
    return Program(code, Language.PYTHON, CallTests(entry_point="f", cases=cases))


def test_the_little_programs_get_the_same_verdict_warm_and_cold(both: tuple[Judge, Judge]) -> None:
    for found in programs(ROOT, Language.PYTHON):
        script = found.by_script()
        for asked in (found.by_calls(), script):
            warm, cold = (judge.judge(asked) for judge in both)
            assert warm.outcome is cold.outcome, found.name
            assert warm.stage is cold.stage, found.name
            assert warm.isolation is cold.isolation, found.name
    assert both[0].notes() == both[1].notes() == []


SLIPS = {
    "what it prints is kept": ("def f():\n    print('so much')\n    return 2\n", "so much"),
    "the line where it raises": ("def f():\n    x = 1\n    return x / 0\n", "(line 3)"),
    "a text that cannot be read": ("def f(:\n    pass\n", "SyntaxError"),
    "an exception that raises": (
        "class E(Exception):\n    def __str__(self): raise ValueError\ndef f():\n    raise E\n",
        "E",
    ),
    "half a character": ("def f():\n    return '\\ud800'\n", "\ufffd"),
    "no such function": ("g = 1\n", "name 'f' is not defined"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_what_is_said_is_the_same_warm_and_cold(both: tuple[Judge, Judge], name: str) -> None:
    code, said = SLIPS[name]
    warm, cold = (judge.judge(_called(code, 2)) for judge in both)
    assert said in warm.output
    assert (warm.outcome, warm.output) == (cold.outcome, cold.output)


def test_what_is_drawn_at_random_is_the_same_each_time() -> None:
    asked = _called("import random\ndef f():\n    return [random.random(), hash('a')]\n", 0)
    said = []
    for warm in (True, True, False):
        with Judge(SETTINGS, 1, warm=warm) as judge:
            said += [judge.judge(replace(asked, code=asked.code + "\n" * n)) for n in range(2)]
    assert len({verdict.output for verdict in said}) == 1


def test_programs_look_for_modules_in_pythons_own_folders(both: tuple[Judge, Judge]) -> None:
    code = "import sys\ndef f():\n    return [p for p in sys.path if 'lib/python' not in p]\n"
    for judge in both:
        assert judge.judge(_called(code, [])).passed


def _interpreters() -> set[psutil.Process]:
    return {
        child
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if "python_runner import main" in " ".join(child.cmdline())
    }


def test_a_lost_interpreter_changes_no_verdict() -> None:
    def judged(judge: Judge, number: int) -> Verdict:
        return judge.judge(_called(f"def f():\n    return {number}\n", number))

    others = _interpreters()
    with Judge(SETTINGS, 1) as judge:
        assert judged(judge, 1).passed
        (warm,) = _interpreters() - others
        warm.kill()
        assert judged(judge, 2).passed
        assert judged(judge, 3).outcome is Outcome.PASSED
        assert len(_interpreters() - others) == 1  # another one was started in its place
        assert not judge.notes()


GUARDED = "def f():\n    return 1\nif __name__ == '__main__':\n    import __main__\n    {}\n"


def test_the_guarded_part_of_a_program_is_left_out_but_where_it_is_run_as_a_file(
    both: tuple[Judge, Judge],
) -> None:
    for last, as_file in (("assert __main__.f() == 1", True), ("assert f() == 2", False)):
        for as_main in (False, True):
            tests = TestScript(script="\n", as_main=as_main)
            asked = Program(GUARDED.format(last), Language.PYTHON, tests)
            for judge in both:
                assert judge.judge(asked).passed is (as_file or not as_main)


NAMES = (
    # what the script uses and the program defines, whatever it is
    ("LIMIT = 3\ndef f(n):\n    return min(n, LIMIT)\n", "assert f(7) == LIMIT\n"),
    ("def max(a, b):\n    return a\n", "assert max(1, 2) == 1\n"),
    ("import math\n", "assert math.floor(2.5) == 2\n"),
    ("def f():\n    return 1\n", "def check():\n    def inner():\n        return f()\n"
     "    return inner()\nassert check() == 1\n"),
    ("def f():\n    return 1\n", "assert [f() for _ in range(2)] == [1, 1]\n"),
    ("def f():\n    return 1\n", "class A:\n    x = f()\nassert A.x == 1\n"),
    # what both define is the script's
    ("n = 1\ndef f():\n    return 5\n", "n = 2\nassert f() == 5 and n == 2\n"),
    # what a function does to its arguments
    ("def f(x):\n    x.append(1)\n", "y = [0]\nf(y)\nassert y == [0, 1]\n"),
    ("def f(x):\n    x.clear()\n", "y = {1: 2}\nf(y)\nassert y == {}\n"),
    ("def f(x):\n    x[0] = True\n", "y = [1]\nf(y)\nassert y[0] is True\n"),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_scripts_find_what_they_name(both: tuple[Judge, Judge], number: int) -> None:
    code, script = NAMES[number]
    entry = "max" if "max(a" in code else "f"
    tests = TestScript(entry_point=entry, script=script)
    for judge in both:
        verdict = judge.judge(Program(code, Language.PYTHON, tests))
        assert verdict.passed, verdict
        assert verdict.isolation == "in_process"


def test_what_a_program_without_tests_prints_is_always_seen(both: tuple[Judge, Judge]) -> None:
    codes = [f"x = {number}\nprint(3)\n" for number in range(20)]
    asked = [Program(code, Language.PYTHON, TestScript(script="\n")) for code in codes]
    for judge in both:
        assert {verdict.output for verdict in judge.judge_all(asked)} == {"3"}
