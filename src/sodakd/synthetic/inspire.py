"""OSS-Instruct in the world: a question whose program has something of a snippet of code in it."""

import re
from random import Random

from sodakd.synthetic.generate import draw_program, question_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.program import Program
from sodakd.synthetic.splits import Split
from sodakd.types import LEVELS, Language, Question

_DRAWN = 12
"""Programs of which the one with the most of the snippet is taken."""
_TOKEN = re.compile(r"\w+|[^\w\s]+")


def inspire(snippet: str, language: Language, rng: Random) -> tuple[Question, Program]:
    """Return a question and its program, of the snippet's number of lines as its level."""
    lines = sum(bool(line.strip("{} \t")) for line in snippet.splitlines())
    level = max(LEVELS[0], min(LEVELS[-1], lines))
    wanted = set(_TOKEN.findall(snippet))
    drawn = [draw_program(rng, level, Split.TRAIN) for _ in range(_DRAWN)]

    def shared(program: Program) -> int:
        return len(wanted & set(_TOKEN.findall(print_program(program, language))))

    program = max(drawn, key=shared)
    return question_of(program, rng, Split.TRAIN, language), program
