"""A script that follows its program in the same process gets the verdict that plain tools give."""

from collections.abc import Iterator, Mapping

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Isolation, Language, Outcome, TestScript, Verdict
from tests.judge.joined_cases import (
    ENDS,
    FORGING,
    MISSING,
    OPEN,
    OWN_LACK,
    RIGHT,
    SOLUTION,
    UNDEFINED,
    UNREAD,
    UNREADABLE,
    Case,
)
from tests.judge.test_hostile import QUICK
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

SCRIPTED = ENDS | OWN_LACK | SOLUTION | RIGHT | {f"open: {name}": one for name, one in OPEN.items()}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=5), workers=1) as judge:
        yield judge
        assert judge.notes() == []


def judged(
    judge: Judge, language: Language, code: str, script: str, entry_point: str = ""
) -> Verdict:
    skip_where_missing(language)
    tests = TestScript(entry_point=entry_point, script=script, as_main=True)
    verdict = judge.judge(Program(code, language, tests))
    assert verdict.isolation is Isolation.IN_PROCESS
    return verdict


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_script_gets_the_verdict_of_plain_tools(judge: Judge, name: str) -> None:
    language, code, script, outcome = SCRIPTED[name]
    verdict = judged(judge, language, code, script)
    assert verdict.outcome is outcome, verdict.output


@pytest.mark.parametrize("name", MISSING)
def test_what_the_tests_miss_is_named_and_no_verdict_on_the_program(
    judge: Judge, name: str
) -> None:
    language, code, script, missing = MISSING[name]
    verdict = judged(judge, language, code, script)
    assert verdict.outcome is Outcome.NO_VERDICT, verdict.output
    assert verdict.output == f"the tests cannot run here: {missing} is missing"


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_the_tests_alone_use_they_have_to_define(judge: Judge, name: str) -> None:
    language, code, script, outcome = UNDEFINED[name]
    verdict = judged(judge, language, code, script, "f")
    assert verdict.outcome is outcome, verdict.output
    said = "the tests cannot run here: they use near, and nobody defines it"
    assert (verdict.output == said) is (outcome is Outcome.NO_VERDICT)


@pytest.mark.parametrize("name", UNREAD)
def test_tests_that_are_none_of_their_language_are_no_verdict_on_the_program(
    judge: Judge, name: str
) -> None:
    language, code, script, said = UNREAD[name]
    for own in (code, code.replace("2 *", "3 *")):
        verdict = judged(judge, language, own, script, "f")
        assert verdict.blames_tests(""), verdict.output
        assert verdict.output.startswith(f"the tests cannot be read: {said}")


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_a_program_leaves_open_or_lacks_is_not_its_tests_failure(
    judge: Judge, name: str
) -> None:
    language, code, script, outcome = UNREADABLE[name]
    verdict = judged(judge, language, code, script, "f")
    assert verdict.outcome is outcome, verdict.output


@pytest.mark.parametrize("name", FORGING)
def test_a_verdict_says_that_a_program_may_have_forged_it(judge: Judge, name: str) -> None:
    language, code, script, _ = FORGING[name]
    assert judged(judge, language, code, script).isolation is Isolation.IN_PROCESS


COLD = (
    ENDS
    | SOLUTION
    | {
        f"unread: {name}": (language, code, script, Outcome.NO_VERDICT)
        for name, (language, code, script, _) in UNREAD.items()
    }
)


def _slow(cases: Mapping[str, Case]) -> list[object]:
    marks = {name: () if one[0] in QUICK else pytest.mark.slow for name, one in cases.items()}
    return [pytest.param(name, marks=mark) for name, mark in marks.items()]


@pytest.mark.parametrize("name", _slow(COLD))
def test_cold_tools_give_the_same_verdict(name: str) -> None:
    language, code, script, outcome = COLD[name]
    with Judge(JudgeSettings(cpu_seconds=5), workers=1, warm=False) as cold:
        verdict = judged(cold, language, code, script)
    assert verdict.outcome is outcome, verdict.output
