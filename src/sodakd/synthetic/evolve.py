"""Evol-Instruct in the world: a question made harder by one operation, its program known."""

from collections.abc import Mapping
from random import Random

from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.generate import question_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.program import Program
from sodakd.synthetic.program import level as level_of
from sodakd.synthetic.related import at_level
from sodakd.synthetic.splits import Split
from sodakd.teacher.requests import Operation
from sodakd.types import LEVELS, CallTests, FaultKind, Language, Question

_HARDER: Mapping[Operation, int] = {
    Operation.CONSTRAINT: 1,
    Operation.RARER: 0,
    Operation.REASONING: 2,
    Operation.COMPLEXITY: 1,
}
"""Levels that an operation adds. `rarer` puts another step in the place of one, or other arguments;
a program of the world knows no bounds of time and space, so `complexity` adds a step as well."""


def evolve(
    question: Question, program: Program, operation: Operation, rng: Random
) -> Question | None:
    """Return the question rewritten, at the highest level at most; None where chance finds none.

    `misdirection` leaves the program as it is and shows a faulty one beside the question.
    """
    language = question.language
    if operation is Operation.MISDIRECTION:
        wrong = _faulty(question, program, rng, language)
        text = f"{question.text} This version is wrong:\n{wrong}"
        return question.model_copy(update={"text": text})
    level = min(LEVELS[-1], level_of(program) + _HARDER[operation])
    moved = at_level(program, level, rng)
    return None if moved is None else question_of(moved, rng, Split.TRAIN, language)


def _faulty(question: Question, program: Program, rng: Random, language: Language) -> str:
    kinds = rng.sample(list(FaultKind), len(FaultKind))
    assert isinstance(question.tests, CallTests)
    fault = make_fault(program, question.tests, kinds, rng, language)
    return print_program(program, language) if fault is None else fault.code.rstrip()
