"""Faulty programs, each wrong on a test that the correct one passes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from sodakd.synthetic.edits import (
    constant_edits,
    drop_edits,
    operation_edits,
    operator_edits,
    swap_edits,
)
from sodakd.synthetic.inputs import as_value
from sodakd.synthetic.interpret import OutOfRange, run
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.program import Program
from sodakd.synthetic.textual_faults import break_text
from sodakd.teacher.parsers import FaultyCode
from sodakd.types import CallTests, FaultKind, Language

_EDITS: Mapping[FaultKind, Callable[[Program, Random], Iterator[Program]]] = {
    FaultKind.OPERATOR: operator_edits,
    FaultKind.CONSTANT: constant_edits,
    FaultKind.OPERATION: operation_edits,
    FaultKind.DROP: drop_edits,
    FaultKind.SWAP: swap_edits,
}


def make_fault(
    program: Program,
    tests: CallTests,
    kinds: Sequence[FaultKind],
    rng: Random,
    language: Language = Language.PYTHON,
) -> FaultyCode | None:
    """A minimal edit of the printed program that fails one of `tests`.

    It is of the first of `kinds` that can be made; None where none can. Edits of the program are
    checked with the interpreter; a broken name, broken syntax and a missing return fail by nature.
    """
    for kind in kinds:
        code = _make(program, tests, kind, rng, language)
        if code is not None:
            return FaultyCode(kind=kind, code=code)
    return None


def _make(
    program: Program, tests: CallTests, kind: FaultKind, rng: Random, language: Language
) -> str | None:
    if kind not in _EDITS:
        return break_text(print_program(program, language), program, kind, rng, language)
    for edited in _EDITS[kind](program, rng):
        if _differs(edited, tests):
            return print_program(edited, language)
    return None


def _differs(program: Program, tests: CallTests) -> bool:
    try:
        return any(
            run(program.steps, as_value(case.arguments[0])) != case.expected for case in tests.cases
        )
    except OutOfRange:
        # The code would go on with the large value, and might come back to the expected one.
        return False
