"""Graded answers whose grades follow from what stands in them: a scorer can learn all of it."""

import random
from collections.abc import Sequence

from sodakd.records import RubricScore
from sodakd.scoring.grades import Author, GradedAnswer
from sodakd.types import Outcome

_PARTS = (
    ("    return a + b", "    return a - b"),
    ("    if not a: raise", "    c = a"),
    ("    # adds two numbers", "    # x"),
)
"""A part that earns points and one that does not: of functionality, boundary, readability."""


def graded(count: int, *, seed: int = 0, shuffled: bool = False) -> list[GradedAnswer]:
    """Two answers to each question; with `shuffled` the grades are another answer's."""
    draw = random.Random(seed)
    rows: list[GradedAnswer] = []
    for number in range(count):
        good = [draw.random() < 0.5 for _ in _PARTS]
        lines = [pair[0] if right else pair[1] for pair, right in zip(_PARTS, good, strict=True)]
        points = [2.0 * good[0], 1.0 * good[1], 0.5 + 0.5 * good[0], 1.0 * good[2], 0.5]
        rows.append(
            GradedAnswer(
                question_id=f"q{number // 2}",
                question=f"Write a function number {number // 2} that adds.",
                language="python" if number % 4 < 2 else "java",
                answer=f"def add{number % 2}(a, b):\n" + "\n".join(lines[::-1]),
                score=score(points),
                author=Author.TEACHER if good[0] else Author.FAULT,
                outcome=Outcome.PASSED if good[0] else Outcome.WRONG_ANSWER,
            )
        )
    if not shuffled:
        return rows
    scores = [row.score for row in rows]
    draw.shuffle(scores)
    return [
        row.model_copy(update={"score": one, "outcome": None})
        for row, one in zip(rows, scores, strict=True)
    ]


def score(points: Sequence[float]) -> RubricScore:
    """The grade of five rules' points."""
    names = ("functionality", "boundary", "coverage", "readability", "practices")
    return RubricScore(reason="", **dict(zip(names, points, strict=True)))
