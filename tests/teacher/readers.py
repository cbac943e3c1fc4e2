"""Every reader of what a teacher replies, by what it reads; and the world's of answers."""

from collections.abc import Callable, Mapping
from functools import partial

from sodakd.deliver.programs import read_fault, read_inspired, read_program
from sodakd.teacher.asks import Evolve, Inspire, Invent, Operation, Reply
from sodakd.teacher.reading import (
    read_comparison,
    read_evolved,
    read_grade,
    read_invention,
    whole,
)
from sodakd.types import Language, Usage
from sodakd.world.draw import draw_questions, program_of
from sodakd.world.grade import grade
from sodakd.world.splits import Split
from tests.teacher.shop import question

QUESTION = question("Add up a list.")
INVENT = Invent(question=QUESTION, level=2)
EVOLVE = Evolve(question=QUESTION, operation=Operation.RARER)
INSPIRE = Inspire(snippet="x", language=Language.PYTHON)


def read_whole(text: str) -> str:
    """A reply of a teacher to its end, as every stage reads it."""
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    return whole(Reply(text=text, usage=usage))


def graded_in(language: Language) -> Callable[[str], str]:
    """The world's grading of answers in a language."""
    (question,) = draw_questions(1, (3,), Split.TRAIN, seed=1, language=language)
    return partial(grade, program_of(question), language=language)


REPLIES: Mapping[str, Callable[[str], object]] = {
    "fault": partial(read_fault, question=QUESTION),
    "solution": partial(read_program, question=QUESTION),
    "grade": read_grade,
    "invention": partial(read_invention, ask=INVENT),
    "evolved": partial(read_evolved, ask=EVOLVE),
    "inspired": partial(read_inspired, ask=INSPIRE),
    "comparison": read_comparison,
}
