"""The world and the judge check each other, in every language."""

from collections import Counter
from random import Random

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.synthetic import generate
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.splits import Split
from sodakd.types import LEVELS, CallTests, FaultKind, Language, Outcome
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

MANY = pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])


@pytest.mark.parametrize("count", [10, MANY])
@pytest.mark.parametrize("language", Language)
def test_what_the_world_prints_passes_and_its_faults_do_not(language: Language, count: int) -> None:
    skip_where_missing(language)
    rng = Random(f"{language} {count}")
    right: list[Program] = []
    wrong: list[Program] = []
    for question in generate.draw_questions(count, LEVELS, Split.TRAIN, seed=5, language=language):
        assert isinstance(question.tests, CallTests)
        program = generate.program_of(question)
        right.append(Program(print_program(program, language), language, question.tests))
        kind = rng.choice(list(FaultKind))
        fault = make_fault(program, question.tests, (kind,), rng, language)
        if fault is not None:
            wrong.append(Program(fault.code, language, question.tests))
    with Judge(JudgeSettings(cpu_seconds=5)) as judge:
        outcomes = Counter(verdict.outcome for verdict in judge.judge_all(right))
        assert outcomes == {Outcome.PASSED: count}
        assert not [fault for fault in judge.judge_all(wrong) if fault.passed]
    assert wrong
