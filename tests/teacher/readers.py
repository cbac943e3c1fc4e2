"""Every reader of what a teacher replies, by what it reads; and the world's of answers."""

from collections.abc import Callable, Mapping
from functools import partial

from sodakd.inference.completions import Completion
from sodakd.stages.programs import read_fault, read_inspired, read_program
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.grade import grade
from sodakd.synthetic.parse_lines import ParsedAnswer, read_lines
from sodakd.synthetic.splits import Split
from sodakd.teacher.parsers import (
    completed_text,
    parse_comparison,
    parse_evolved,
    parse_grade,
    parse_invention,
)
from sodakd.teacher.requests import Evolve, Fault, Inspire, Invent, Operation
from sodakd.types import FaultKind, Language, Usage
from tests.teacher.shop import question

QUESTION = question("Add up a list.")
INVENT = Invent(question=QUESTION, level=2)
EVOLVE = Evolve(question=QUESTION, operation=Operation.RARER)
INSPIRE = Inspire(snippet="x", language=Language.PYTHON)
FAULT = Fault(question=QUESTION, correct="def f(x):\n    return x\n", kinds=tuple(FaultKind))


def read_whole(text: str) -> str:
    """A reply of a teacher to its end, as every stage reads it."""
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    return completed_text(Completion(text=text, usage=usage))


def graded_in(language: Language) -> Callable[[str], str]:
    """The world's grading of answers in a language."""
    (question,) = draw_questions(1, (3,), Split.TRAIN, seed=1, language=language)
    return partial(grade, program_of(question), language=language)


def lines_in(language: Language) -> Callable[[str], ParsedAnswer]:
    """The world's reader of lines in a language, which takes texts of any length."""
    (question,) = draw_questions(1, (3,), Split.TRAIN, seed=1, language=language)
    return partial(read_lines, program=program_of(question), language=language)


REPLIES: Mapping[str, Callable[[str], object]] = {
    "fault": partial(read_fault, asked=FAULT),
    "solution": partial(read_program, question=QUESTION),
    "grade": parse_grade,
    "invention": partial(parse_invention, ask=INVENT),
    "evolved": partial(parse_evolved, ask=EVOLVE),
    "inspired": partial(read_inspired, ask=INSPIRE),
    "comparison": parse_comparison,
}
