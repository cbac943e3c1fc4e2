"""The student's generations, and the programs extracted from them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from sodakd.inference.protocols import Generation, TextGenerator
from sodakd.judge.program import Program
from sodakd.judge.untested import to_program
from sodakd.stages.context import StageContext
from sodakd.text.answer import extract_answer
from sodakd.text.extract import Extracted
from sodakd.types import Question, Solution


@dataclass(frozen=True)
class StudentAnswer:
    """A student's generation for a question, and the program extracted from it."""

    question: Question
    generation: Generation
    extracted: Extracted

    @property
    def program(self) -> Program:
        """The answer for the judge."""
        return to_program(self.question, self.extracted.code, self.extracted.reason)

    def solution(self, author: str) -> Solution:
        """Return the answer as a row of a run holds it."""
        return Solution(
            question_id=self.question.id,
            text=self.generation.text,
            code=self.extracted.code,
            author=author,
        )


def student_answers(
    stage: StageContext,
    student: TextGenerator,
    questions: Sequence[Question],
    *,
    max_new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[StudentAnswer]:
    """Generate and return an answer for each question, in order; a question may repeat."""
    done, on_progress = count(1), stage.progress(len(questions), "the student answers")
    on_progress(0)
    generations = student.generate(
        [question.text for question in questions],
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        seed=seed,
        on_generation=lambda *_: on_progress(next(done)),
    )
    return [
        StudentAnswer(question, generation, extract_answer(question, generation.text))
        for question, generation in zip(questions, generations, strict=True)
    ]


def count_unfinished(answers: Sequence[StudentAnswer], tally: Counter[str]) -> None:
    """Add the number of empty answers, and of those truncated at `max_new_tokens`, to a tally."""
    generations = [answer.generation for answer in answers]
    empty = sum(not each.text for each in generations)
    truncated = sum(not each.ended for each in generations)
    tally.update({"empty_answers": empty} if empty else {})
    tally.update({"cut": truncated} if truncated else {})
