"""Programs extracted from a teacher's replies: both halves of a pair, as the judge extracts."""

import re
from dataclasses import dataclass

from sodakd.teacher.parsers import LINE_START, LINES, FaultyCode, UnreadableReply
from sodakd.teacher.requests import Inspire
from sodakd.text.answer import extract_answer
from sodakd.text.extract import Extracted, extract
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


@dataclass(frozen=True)
class Inspired:
    """A problem and its solution, of an `Inspire` reply."""

    problem: str
    solution: str


def read_program(text: str, question: Question) -> str:
    """Return the program of a `Solve` reply. Raises `UnreadableReply`."""
    return _code(extract_answer(question, text))


def read_fault(text: str, question: Question) -> FaultyCode:
    """Return the kind (a line `Fault: KIND`) and the program of a `Fault` reply."""
    for found in _KIND.finditer(text):
        name = _NAMES.sub("_", found[1].strip().lower())
        kind = _SYNONYMS.get(name) or next((kind for kind in FaultKind if kind == name), None)
        if kind is not None:
            rest = text[: found.start()] + text[found.end() :]
            return FaultyCode(kind=kind, code=read_program(rest, question))
    raise UnreadableReply("no line 'Fault: KIND' with a known kind in the reply")


def read_inspired(text: str, ask: Inspire) -> Inspired:
    """Problem and solution of an `Inspire` reply, each under its own heading."""
    problem, solution = _PROBLEM.search(text), _SOLUTION.search(text)
    if problem is None or solution is None or problem.end() > solution.start():
        raise UnreadableReply("no [Problem Description] followed by a [Solution]")
    asked = text[problem.end() : solution.start()].strip()
    if not asked:
        raise UnreadableReply("the problem description is empty")
    return Inspired(asked, _code(extract(text[solution.end() :], ask.language)))


def _code(found: Extracted) -> str:
    """The program, from its first line to one end of line: no half of a pair is known by these."""
    if not found.code.strip():
        raise UnreadableReply(f"no program in the reply: {found.reason}")
    return _BLANK.sub("", found.code).rstrip() + "\n"
