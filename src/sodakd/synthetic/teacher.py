"""The world's teacher: answers every ask by computation, at once and the same each time."""

import json
from random import Random

from pydantic import JsonValue

from sodakd.errors import DataError, TeacherError
from sodakd.inference.completions import Completion
from sodakd.synthetic.evolve import evolve
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.generate import draw_program, program_of, question_of, tests_of
from sodakd.synthetic.grade import grade
from sodakd.synthetic.inspire import inspire
from sodakd.synthetic.languages import print_program, signature_of
from sodakd.synthetic.program import Program
from sodakd.synthetic.related import at_level
from sodakd.synthetic.splits import Split
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.parsers import InventedQuestion, parse_grade
from sodakd.teacher.requests import (
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Refine,
    Solve,
    TeacherRequest,
    Test,
)
from sodakd.types import CallTests, Question, Usage

MOST_COMPLETION_TOKENS = 1024


class WorldTeacher(ComputedTeacher):
    """The teacher of questions of the world. It knows their programs from their sources."""

    name = "world-1"

    def reply(self, ask: TeacherRequest) -> Completion:
        """Answer one ask. Raises `TeacherError` for a question that is not of the world."""
        try:
            text = _answer(ask)
        except DataError as error:
            raise TeacherError(f"the embedded world's teacher cannot answer: {error}") from error
        return Completion(text=text, usage=_usage(ask, _tokens(text)))

    def at_most(self, ask: TeacherRequest) -> Usage:
        """The prompt as it is counted, and more completion than any answer of the world takes."""
        return _usage(ask, MOST_COMPLETION_TOKENS)


def _usage(ask: TeacherRequest, completion_tokens: int) -> Usage:
    return Usage(prompt_tokens=_tokens(_prompt(ask)), completion_tokens=completion_tokens)


def _tokens(text: str) -> int:
    return len(text) // 4 + 1


def _prompt(ask: TeacherRequest) -> str:
    match ask:
        case Solve():
            return ask.question.text + ask.error
        case Fault():
            return ask.question.text + ask.correct
        case Grade():
            return ask.question.text + ask.answer
        case Invent() | Test() | Evolve():
            return ask.question.text
        case Compare():
            return ask.question.text + ask.answer_a + ask.answer_b
        case Refine():
            return ask.question.text + ask.answer + ask.error
        case Inspire():
            return ask.snippet
        case _:
            return ""


def _answer(ask: TeacherRequest) -> str:
    if isinstance(ask, Inspire):
        return _inspired(ask)
    if not isinstance(ask, Solve | Fault | Grade | Invent | Test | Evolve | Refine | Compare):
        raise DataError(f"it knows no {ask.kind}; name another teacher in the recipe")
    program = program_of(ask.question)
    reference = print_program(program, ask.question.language)
    match ask:
        case Solve() | Refine():
            return _fence(ask.question.language, reference)
        case Fault():
            return _faulty(ask, program)
        case Grade():
            return grade(program, ask.answer, ask.question.language)
        case Invent():
            return _invented(ask, program)
        case Test():
            return _inputs(ask, program)
        case Compare():
            return _compared(ask, program)
        case Evolve():
            return _evolved(ask, program)


def _fence(label: str, content: str) -> str:
    return f"```{label}\n{content}\n```\n"


def _faulty(ask: Fault, program: Program) -> str:
    kinds = " ".join(ask.kinds)
    rng = _rng(ask.question, f"fault {kinds} {ask.attempt} {ask.correct}")
    fault = make_fault(program, _tests(ask.question), ask.kinds, rng, ask.question.language)
    if fault is None:
        # No fenced block: the reader counts the reply as unreadable, which is data of the run.
        return f"No fault can be made here of these kinds: {kinds}."
    return f"Fault: {fault.kind}\n{_fence(ask.question.language, fault.code)}"


def _tests(question: Question) -> CallTests:
    if not isinstance(question.tests, CallTests):
        raise DataError(f"question {question.id} has no cases; draw it with the world's own")
    return question.tests


def _invented(ask: Invent, program: Program) -> str:
    rng = _rng(ask.question, f"invent {ask.level} {ask.variant}")
    moved = at_level(program, ask.level, rng) or draw_program(rng, ask.level, Split.TRAIN)
    question = question_of(moved, rng, Split.TRAIN, ask.question.language)
    return _whole(question)


def _evolved(ask: Evolve, program: Program) -> str:
    rng = _rng(ask.question, f"evolve {ask.operation} {ask.attempt}")
    question = evolve(ask.question, program, ask.operation, rng)
    # Without a block the whole reply would be the question: a block that is empty is none.
    return "```text\n```\n" if question is None else _whole(question)


def _compared(ask: Compare, program: Program) -> str:
    """The rubric's six points of each answer, as 1 to 10."""
    a, b = (
        1 + 1.5 * parse_grade(grade(program, answer, ask.question.language)).total
        for answer in (ask.answer_a, ask.answer_b)
    )
    return f"By the rubric of both.\n\nScore A: {a:g}\nScore B: {b:g}\n"


def _inspired(ask: Inspire) -> str:
    rng = Random(f"inspire {ask.language} {ask.attempt} {ask.snippet}")
    question, program = inspire(ask.snippet, ask.language, rng)
    solution = _fence(ask.language, print_program(program, ask.language))
    return f"[Problem Description]\n{_whole(question)}\n[Solution]\n{solution}"


def _whole(question: Question) -> str:
    """A question with its tests and its source, in which its program is written."""
    assert question.level is not None
    written = InventedQuestion(
        text=question.text, level=question.level, source=question.source, tests=_tests(question)
    )
    return _fence("json", written.model_dump_json())


def _inputs(ask: Test, program: Program) -> str:
    """What a program of the world can be called with: more of it at the second asking."""
    rng = _rng(ask.question, f"test {len(ask.known)}")
    tests = tests_of(program, rng, ask.question.language)
    signature = signature_of(program, ask.question.language)
    found: dict[str, JsonValue] = {
        "entry_point": tests.entry_point,
        "signature": signature.model_dump(mode="json") if signature else None,
        "inputs": [list(case.arguments) for case in tests.cases],
    }
    return _fence("json", json.dumps(found))


def _rng(question: Question, rest: str) -> Random:
    # A string seeds by SHA-512, which unlike hash() is the same in every process.
    return Random(f"{question.language} {question.source} {question.text} {rest}")
