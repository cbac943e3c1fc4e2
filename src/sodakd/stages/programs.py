"""Programs extracted from a teacher's replies: both halves of a pair, as the judge extracts."""

import re

from sodakd.teacher.parsers import (
    LINE_START,
    LINES,
    FaultyCode,
    UnreadableReply,
    written_question,
)
from sodakd.teacher.requests import Fault, Inspire
from sodakd.text.answer import extract_answer
from sodakd.text.assemble import assemble
from sodakd.text.edit_kind import edit_kind
from sodakd.text.extract import Extracted, extract
from sodakd.text.same_program import is_same
from sodakd.types import FaultKind, Question

_KIND = re.compile(
    LINE_START + r"(?:Fault(?:[ \t]+kind)?|Kind)[\s*]*+:[\s*`\"]*+([A-Za-z][\w -]*+)[^\n]*+", LINES
)
_NAMES = re.compile(r"[ -]+")
_SYNONYMS = {
    "off_by_one": FaultKind.CONSTANT,
    "missing_case": FaultKind.DROP,
    "wrong_variable": FaultKind.NAME,
    "missing_return": FaultKind.NO_RETURN,
    "syntax_error": FaultKind.SYNTAX,
}
"""Names that teachers give to kinds of faults, beside those that they are told."""
_PROBLEM = re.compile(LINE_START + r"\[?Problem(?: Description)?\]?[\s*:]*$", LINES)
_SOLUTION = re.compile(LINE_START + r"\[?Solution\]?[\s*:]*$", LINES)

_BLANK = re.compile(r"\A(?:[^\S\n]*+\n)++")


def read_program(text: str, question: Question) -> str:
    """Return the program of a `Solve` reply. Raises `UnreadableReply`."""
    return _code(extract_answer(question, text))


def read_fault(text: str, asked: Fault) -> FaultyCode:
    """Return the faulty program of a `Fault` reply and the kind of its fault.

    A line `Fault: KIND` says the kind; without one the edit does. Raises `UnreadableReply`.
    """
    kind, text = _named_kind(text)
    question = asked.question
    code = read_program(text, question)
    right, wrong = assemble(question, asked.correct), assemble(question, code)
    if is_same(right, wrong, question.language):
        raise UnreadableReply("the program is the one that was given, without a change")
    kind = kind or edit_kind(right, wrong, question.language)
    if kind is None:
        raise UnreadableReply("the program is no small edit of the one that was given")
    return FaultyCode(kind=kind, code=code)


def _named_kind(text: str) -> tuple[FaultKind | None, str]:
    """The kind that a reply names, and the reply without that line."""
    for found in _KIND.finditer(text):
        name = _NAMES.sub("_", found[1].strip().lower())
        kind = _SYNONYMS.get(name) or next((kind for kind in FaultKind if kind == name), None)
        if kind is not None:
            return kind, text[: found.start()] + text[found.end() :]
    return None, text


def read_inspired(text: str, ask: Inspire) -> Question:
    """Return the problem of an `Inspire` reply with its solution, each under its own heading.

    The solution is the question's reference, which is not verified yet. Raises `UnreadableReply`.
    """
    problem, solution = _PROBLEM.search(text), _SOLUTION.search(text)
    if problem is None or solution is None or problem.end() > solution.start():
        raise UnreadableReply("no [Problem Description] followed by a [Solution]")
    asked = text[problem.end() : solution.start()].strip()
    if not asked:
        raise UnreadableReply("the problem description is empty")
    code = _code(extract(text[solution.end() :], ask.language))
    question = written_question(asked, ask.language, "inspire")
    return question.model_copy(update={"reference": code})


def _code(found: Extracted) -> str:
    """The program, from its first line to one end of line: no half of a pair is known by these."""
    if not found.code.strip():
        raise UnreadableReply(f"no program in the reply: {found.reason}")
    return _BLANK.sub("", found.code).rstrip() + "\n"
