"""Printed programs in the languages other than Python, run with their real tools."""

from pathlib import Path
from random import Random

import pytest

from sodakd.synthetic import generate
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.grade import grade
from sodakd.synthetic.languages import STYLES, print_program
from sodakd.synthetic.operations import OPERATIONS, Kind
from sodakd.synthetic.program import Program
from sodakd.synthetic.splits import Split
from sodakd.types import LEVELS, CallTests, FaultKind, Language
from tests.synthetic.toolchains import Job, outputs

_PER_FILE = 250
_PARAMETERS = {Kind.L: "xs", Kind.N: "n", Kind.S: "string"}


def _agree(language: Language, count: int, folder: Path) -> None:
    rng = Random(f"{language} {count}")
    drawn = generate.draw_questions(count, LEVELS, Split.TRAIN, seed=count, language=language)
    programs = [generate.program_of(question) for question in drawn]
    for operation in OPERATIONS.values():
        step = generate.draw_step(operation, rng)
        programs.append(Program("make", _PARAMETERS[operation.takes], operation.takes, (step,)))
    jobs: list[Job] = []
    expected: list[object] = []
    for program in programs:
        cases = generate.tests_of(program, rng, language).cases
        jobs.append((program, [case.arguments[0] for case in cases]))
        expected += [case.expected for case in cases]
    found = [
        value
        for start in range(0, len(jobs), _PER_FILE)
        for value in outputs(language, jobs[start : start + _PER_FILE], folder)
    ]
    wrong = [
        (one, other)
        for one, other in zip(found, expected, strict=True)
        if type(one) is not type(other) or one != other
    ]
    assert not wrong


@pytest.mark.toolchain
@pytest.mark.parametrize("language", STYLES)
def test_a_printed_program_agrees_with_the_interpreter(language: Language, tmp_path: Path) -> None:
    _agree(language, 40, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("language", STYLES)
def test_2000_printed_programs_agree_with_the_interpreter(
    language: Language, tmp_path: Path
) -> None:
    _agree(language, 2000, tmp_path)


@pytest.mark.parametrize("language", STYLES)
def test_every_table_has_every_operation(language: Language) -> None:
    assert set(STYLES[language].forms) == set(OPERATIONS)


@pytest.mark.parametrize("language", STYLES)
def test_a_question_names_its_language_and_its_types(language: Language) -> None:
    for question in generate.draw_questions(50, LEVELS, Split.TRAIN, seed=1, language=language):
        assert language.display_name in question.text
        assert "{" not in question.text
        assert isinstance(question.tests, CallTests)
        assert question.tests.signature is not None


@pytest.mark.parametrize("language", STYLES)
def test_a_reference_has_full_marks_and_a_fault_has_less(language: Language) -> None:
    rng = Random(2)
    for question in generate.draw_questions(100, LEVELS, Split.TRAIN, seed=2, language=language):
        program = generate.program_of(question)
        assert "Rule 1: 2\n" in grade(program, print_program(program, language), language)
        assert isinstance(question.tests, CallTests)
        for kind in FaultKind:
            fault = make_fault(program, question.tests, (kind,), rng, language)
            if fault is not None:
                assert fault.code != print_program(program, language)
                points = grade(program, fault.code, language)
                assert not all(
                    f"Rule {rule}: {most}" in points
                    for rule, most in enumerate((2, 1, 1, 1, 1), start=1)
                )
