"""The world's teacher: its replies are read by the parsers of every teacher."""

import json
from collections import Counter
from random import Random

import pytest

from sodakd.errors import TeacherError
from sodakd.stages.programs import read_fault, read_program
from sodakd.synthetic import generate
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.program import level
from sodakd.synthetic.splits import Split, may_be_in
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.parsers import UnreadableReply, parse_grade, parse_invention
from sodakd.teacher.requests import (
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Operation,
    Refine,
    Solve,
    TeacherRequest,
)
from sodakd.types import LEVELS, CallTests, FaultKind, Question
from tests.synthetic.programs import passes

TEACHER = WorldTeacher()
_EDITS = (
    FaultKind.OPERATOR,
    FaultKind.CONSTANT,
    FaultKind.OPERATION,
    FaultKind.DROP,
    FaultKind.SWAP,
)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return generate.draw_questions(300, LEVELS, Split.TRAIN, seed=1)


def _reference(question: Question) -> str:
    return print_python(generate.program_of(question))


def test_a_solution_passes_the_tests(questions: list[Question]) -> None:
    for question in questions:
        code = read_program(TEACHER.reply(Solve(question=question)).text, question)
        assert isinstance(question.tests, CallTests)
        assert passes(code, question.tests)


def test_a_fault_fails_the_tests(questions: list[Question]) -> None:
    for question in questions:
        ask = Fault(question=question, correct=_reference(question), kinds=tuple(FaultKind))
        assert isinstance(question.tests, CallTests)
        code = read_fault(TEACHER.reply(ask).text, ask).code
        assert not passes(code, question.tests)


def test_attempts_at_a_fault_differ(questions: list[Question]) -> None:
    question = next(it for it in questions if it.level == 5)
    asks = [
        Fault(question=question, correct="", kinds=_EDITS[2:], attempt=attempt)
        for attempt in range(8)
    ]
    assert len({TEACHER.reply(ask).text for ask in asks}) > 2


def test_a_fault_that_cannot_be_made_is_an_unreadable_reply(questions: list[Question]) -> None:
    plain = next(it for it in questions if it.level == 1 and "(" not in it.source.split("=")[1])
    ask = Fault(question=plain, correct=_reference(plain), kinds=(FaultKind.CONSTANT,))
    with pytest.raises(UnreadableReply):
        read_fault(TEACHER.reply(ask).text, ask)


def test_an_invention_is_of_the_wanted_level_and_of_training(questions: list[Question]) -> None:
    exam = generate.draw_questions(100, LEVELS, Split.TEST, seed=2)
    for question in [*questions[:40], *exam[:40]]:
        for wanted in LEVELS:
            ask = Invent(question=question, level=wanted)
            invented = parse_invention(TEACHER.reply(ask).text, ask)
            program = generate.program_of(invented)
            assert invented.level == wanted == level(program)
            assert invented.parent == question.id
            assert invented.id != question.id
            assert may_be_in(program, Split.TRAIN)
            assert isinstance(invented.tests, CallTests)
            assert passes(print_python(program), invented.tests)


def test_variants_of_an_invention_differ(questions: list[Question]) -> None:
    asks = [Invent(question=questions[0], level=3, variant=variant) for variant in range(5)]
    assert len({TEACHER.reply(ask).text for ask in asks}) == 5


def test_a_reference_has_full_marks_in_or_out_of_a_fence(questions: list[Question]) -> None:
    for question in questions:
        code = _reference(question)
        for answer in (code, f"Here it is:\n```python\n{code}\n```\n"):
            score = parse_grade(TEACHER.reply(Grade(question=question, answer=answer)).text)
            assert score.total == 6
            assert score.reason


def test_other_names_for_loop_variables_cost_nothing() -> None:
    questions = generate.draw_questions(200, (1,), Split.TRAIN, seed=3)
    question = next(it for it in questions if " for x in " in _reference(it))
    answer = _reference(question).replace("(x)", "(elem)").replace(" x ", " elem ")
    answer = answer.replace("[x ", "[elem ").replace("abs(x", "abs(elem")
    score = parse_grade(TEACHER.reply(Grade(question=question, answer=answer)).text)
    assert score.total == 6


def test_a_faulty_answer_has_less_than_full_marks(questions: list[Question]) -> None:
    rng = Random(4)
    below: Counter[bool] = Counter()
    for question in questions:
        assert isinstance(question.tests, CallTests)
        for kind in FaultKind:
            fault = make_fault(generate.program_of(question), question.tests, (kind,), rng)
            if fault is not None:
                ask = Grade(question=question, answer=fault.code)
                below[parse_grade(TEACHER.reply(ask).text).total < 6] += 1
    assert below[True] > 1000
    assert below[False] == 0


@pytest.mark.parametrize(
    "answer",
    ["", "I cannot.", "def solve(:", "\0", "(" * 300, "-" * 9000, "x = '\\d'", "y\n" * 20000],
)
def test_an_answer_that_is_no_program_is_graded_all_the_same(
    answer: str, questions: list[Question]
) -> None:
    score = parse_grade(TEACHER.reply(Grade(question=questions[0], answer=answer)).text)
    assert score.total <= 0.5


def test_replies_never_take_more_than_reserved(questions: list[Question]) -> None:
    for question in questions[:100]:
        code = _reference(question)
        asks: list[TeacherRequest] = [
            Solve(question=question),
            Solve(question=question, attempt=1, error="the tests failed"),
            Fault(question=question, correct=code, kinds=tuple(FaultKind)),
            Grade(question=question, answer=code),
            *(Invent(question=question, level=wanted) for wanted in LEVELS),
            *(Evolve(question=question, operation=operation) for operation in Operation),
            Inspire(snippet=code, language=question.language),
            Refine(question=question, answer="def f(:", error="SyntaxError"),
            Compare(question=question, answer_a=code, answer_b="I cannot."),
        ]
        for ask in asks:
            used, reserved = TEACHER.reply(ask).usage, TEACHER.at_most(ask)
            assert used is not None
            assert 0 < used.prompt_tokens <= reserved.prompt_tokens
            assert 0 < used.completion_tokens <= reserved.completion_tokens


def test_a_question_from_elsewhere_is_a_teacher_error(questions: list[Question]) -> None:
    foreign = questions[0].model_copy(update={"source": "mbpp:7"})
    broken = questions[0].model_copy(update={"source": "world:solve(xs: L) = dance"})
    untested = questions[0].model_copy(update={"tests": None})
    asks: tuple[TeacherRequest, ...] = (
        Solve(question=foreign),
        Invent(question=broken, level=2),
        Fault(question=untested, correct="", kinds=(FaultKind.DROP,)),
    )
    for ask in asks:
        with pytest.raises(TeacherError):
            TEACHER.reply(ask)


def test_an_invention_is_one_line_of_json(questions: list[Question]) -> None:
    text = TEACHER.reply(Invent(question=questions[0], level=2)).text
    assert set(json.loads(text.splitlines()[1])) == {"text", "level", "source", "tests"}
