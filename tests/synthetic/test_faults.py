"""Faults: each fails a test, and each kind has its share."""

import ast
from collections import Counter
from random import Random

import pytest

from sodakd.synthetic import generate
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.splits import Split
from sodakd.teacher.parsers import FaultyCode
from sodakd.types import LEVELS, CallTests, FaultKind, Question
from tests.synthetic.programs import passes

_KINDS = tuple(FaultKind)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return generate.draw_questions(1500, LEVELS, Split.TRAIN, seed=1)


def _fault(question: Question, kinds: tuple[FaultKind, ...], rng: Random) -> FaultyCode | None:
    assert isinstance(question.tests, CallTests)
    return make_fault(generate.program_of(question), question.tests, kinds, rng)


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_fails_a_test_that_its_original_passes(
    kind: FaultKind, questions: list[Question]
) -> None:
    made = 0
    for question in questions[:500]:
        fault = _fault(question, (kind,), Random(question.id))
        if fault is not None:
            made += 1
            assert isinstance(question.tests, CallTests)
            assert fault.kind is kind
            assert fault.code != print_python(generate.program_of(question))
            assert not passes(fault.code, question.tests)
    assert made >= 100


def test_kinds_are_drawn_evenly_where_all_can_be_made(questions: list[Question]) -> None:
    rng = Random(2)
    drawn: list[FaultKind] = []
    for question in questions:
        if all(_fault(question, (kind,), rng) is not None for kind in FaultKind):
            fault = _fault(question, tuple(rng.sample(_KINDS, len(_KINDS))), rng)
            assert fault is not None
            drawn.append(fault.kind)
    shares = Counter(drawn)
    assert len(drawn) > 300
    assert all(shares[kind] >= len(drawn) / 8 / 2 for kind in FaultKind)


def test_every_kind_appears_over_all_programs(questions: list[Question]) -> None:
    rng = Random(3)
    faults = [_fault(it, tuple(rng.sample(_KINDS, len(_KINDS))), rng) for it in questions]
    shares = Counter(fault.kind for fault in faults if fault is not None)
    assert sum(shares.values()) == len(questions)
    assert all(shares[kind] >= 0.03 * len(questions) for kind in FaultKind)


def test_broken_syntax_does_not_parse_and_the_others_do(questions: list[Question]) -> None:
    for question in questions[:300]:
        broken = _fault(question, (FaultKind.SYNTAX,), Random(4))
        assert broken is not None
        with pytest.raises(SyntaxError):
            ast.parse(broken.code)
        other = _fault(question, tuple(set(_KINDS) - {FaultKind.SYNTAX}), Random(5))
        assert other is not None
        ast.parse(other.code)


def test_the_first_kind_that_can_be_made_is_taken(questions: list[Question]) -> None:
    plain = next(it for it in questions if it.source.endswith("= sum"))
    assert _fault(plain, (FaultKind.SWAP, FaultKind.CONSTANT), Random(6)) is None
    fault = _fault(plain, (FaultKind.SWAP, FaultKind.DROP, FaultKind.NAME), Random(7))
    assert fault is not None
    assert fault.kind is FaultKind.DROP
