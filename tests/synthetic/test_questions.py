"""Questions drawn: different, the same for the same seed, kept apart by split."""

import os
import subprocess
import sys
from collections import Counter
from itertools import product
from random import Random

import pytest

from sodakd.errors import DataError
from sodakd.synthetic import generate
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.operations import OPERATIONS, Kind
from sodakd.synthetic.program import Program, Step, level, skeleton
from sodakd.synthetic.related import at_level
from sodakd.synthetic.splits import Split, split_of
from sodakd.types import LEVELS, CallTests, Question
from tests.synthetic.programs import passes

_MOSTLY_EASY = (1, 1, 2, 2, 2, 3)


@pytest.fixture(scope="module")
def exam() -> list[Question]:
    return generate.draw_questions(1000, LEVELS, Split.TEST, seed=1)


def test_every_reference_passes_its_tests(exam: list[Question]) -> None:
    for question in [*exam[:500], *generate.draw_questions(500, LEVELS, Split.TRAIN, seed=2)]:
        assert isinstance(question.tests, CallTests)
        assert len(question.tests.cases) == 11
        assert passes(print_python(generate.program_of(question)), question.tests)


def test_no_question_comes_twice_and_levels_are_drawn_evenly(exam: list[Question]) -> None:
    assert len({question.id for question in exam}) == 1000
    shares = Counter(question.level for question in exam)
    assert all(150 <= shares[wanted] <= 250 for wanted in LEVELS)


@pytest.mark.heavy
@pytest.mark.parametrize("count", [1000, pytest.param(5000, marks=pytest.mark.slow)])
def test_training_has_nothing_of_the_exam(exam: list[Question], count: int) -> None:
    rng = Random(3)
    drawn = [
        *generate.draw_questions(count, _MOSTLY_EASY, Split.TRAIN, seed=4),
        *generate.draw_questions(count, LEVELS, Split.TRAIN, seed=5),
    ]
    some = count // 5
    starts = [generate.program_of(question) for question in drawn[:some] + drawn[-some:]]
    moves = [at_level(start, rng.choice(LEVELS), rng) for start in starts]
    moved = [program for program in moves if program is not None]
    assert len(moved) > 1.9 * some
    questions = [
        *drawn,
        *(generate.question_of(it, rng, Split.TRAIN, drawn[0].language) for it in moved),
    ]
    programs = [generate.program_of(question) for question in questions]
    deep = [program for program in programs if level(program) > 1]
    assert {split_of(program) for program in deep} == {Split.TRAIN}
    held_out = [program for program in map(generate.program_of, exam) if level(program) > 1]
    assert {split_of(program) for program in held_out} == {Split.TEST}
    assert not {skeleton(it) for it in deep} & {skeleton(it) for it in held_out}
    assert not {question.text for question in questions} & {question.text for question in exam}


def test_a_fifth_of_the_skeletons_is_for_test_and_a_twentieth_for_dev() -> None:
    pairs = product(OPERATIONS, repeat=2)
    programs = [Program("solve", "xs", Kind.L, (Step(one), Step(two))) for one, two in pairs]
    shares = Counter(map(split_of, programs))
    assert 0.17 < shares[Split.TEST] / len(programs) < 0.23
    assert 0.035 < shares[Split.DEV] / len(programs) < 0.065


@pytest.mark.parametrize("count", [1000, pytest.param(5000, marks=pytest.mark.slow)])
def test_a_text_means_one_program(exam: list[Question], count: int) -> None:
    meant: dict[str, str] = {}
    for question in [*exam, *generate.draw_questions(count, _MOSTLY_EASY, Split.TRAIN, seed=7)]:
        assert meant.setdefault(question.text, question.source) == question.source


def test_more_questions_than_there_are_is_a_data_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "_TRIES_PER_QUESTION", 1)
    with pytest.raises(DataError, match="of 3000"):
        generate.draw_questions(3000, (1,), Split.TEST, seed=8)


def test_a_question_from_elsewhere_has_no_program(exam: list[Question]) -> None:
    stranger = exam[0].model_copy(update={"source": "humaneval:3"})
    with pytest.raises(DataError, match="humaneval"):
        generate.program_of(stranger)


_SCRIPT = """
import hashlib
from sodakd.teacher.requests import Fault, Grade, Invent, Solve
from sodakd.types import FaultKind
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher

teacher, digest = WorldTeacher(), hashlib.sha256()
for split in Split:
    for question in draw_questions(40, (1, 2, 3, 4, 5), split, seed=9):
        digest.update(question.model_dump_json().encode())
        code = teacher.reply(Solve(question=question)).text
        for ask in (
            Fault(question=question, correct=code, kinds=tuple(FaultKind)),
            Grade(question=question, answer=code),
            Invent(question=question, level=3),
        ):
            digest.update(teacher.reply(ask).text.encode())
print(digest.hexdigest())
"""


@pytest.mark.heavy
def test_every_process_draws_and_answers_the_same() -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "12345")
    }
    assert len(seen) == 1
