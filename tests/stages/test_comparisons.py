"""Lion's referee: both orders, averaged; half a pair of replies is enough."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.inference.completions import Completion
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.stages.comparisons import comparisons
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Compare, TeacherRequest
from sodakd.types import Usage
from tests.stages.stage import stage

QUESTIONS = draw_questions(3, (2,), Split.TRAIN, seed=5)
SOLVED = [(each, print_python(program_of(each))) for each in QUESTIONS]


class Student:
    """A student that solves the first question, and gives no answer to the others."""

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        return [Generation(text, ended=True) for text in (SOLVED[0][1], "", "")[: len(prompts)]]


class Partial(WorldTeacher):
    """A referee that likes the first answer a point more, and does not always answer in form."""

    name = "partial"

    def reply(self, ask: TeacherRequest) -> Completion:
        assert isinstance(ask, Compare)
        own_first = ask.answer_b in {"(no answer)", ask.answer_a}
        text = f"Score A: {9 if own_first else 4}\nScore B: {3 if own_first else 8}"
        if (ask.question.id == QUESTIONS[1].id and own_first) or ask.question.id == QUESTIONS[2].id:
            text = "Both are fine."
        return Completion(text=text, usage=Usage(prompt_tokens=1, completion_tokens=1))


def test_the_worlds_referee_scores_by_the_rubric_and_finds_what_is_hard(tmp_path: Path) -> None:
    work = stage(tmp_path, WorldTeacher())
    built = comparisons(work, Student(), SOLVED)
    work.ledger.close()
    assert [(row.teacher, row.student) for row in built.rows] == [(10, 10), (10, 1), (10, 1)]
    assert [row.is_hard for row in built.rows] == [False, True, True]
    assert (built.tally["teacher_calls"], built.tally["hard"], built.tally["easy"]) == (6, 2, 1)


def test_points_of_both_orders_are_averaged_and_one_that_can_be_read_is_enough(
    tmp_path: Path,
) -> None:
    work = stage(tmp_path, Partial())
    built = comparisons(work, Student(), SOLVED)
    work.ledger.close()
    # Of the first question both answers are alike, so both orders are one request.
    assert [(row.teacher, row.student) for row in built.rows] == [(6, 6), (8, 4)]
    assert built.tally["compare_dropped"] == 1
    assert built.tally["compare_unreadable"] == 3
