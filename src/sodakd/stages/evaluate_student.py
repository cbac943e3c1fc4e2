"""Evaluate a student: one greedy answer to each question, judged."""

from collections import Counter
from collections.abc import Sequence

from sodakd.inference.protocols import TextGenerator
from sodakd.records import EvalSample
from sodakd.run import StepOutput
from sodakd.stages.context import StageContext
from sodakd.stages.student_answers import count_unfinished, student_answers
from sodakd.types import Question


def evaluate_student(
    stage: StageContext, student: TextGenerator, questions: Sequence[Question]
) -> StepOutput[EvalSample]:
    """Return a judged sample for each question, and a tally of outcomes and truncated answers."""
    max_new_tokens = stage.recipe.evaluation.max_new_tokens
    answers = student_answers(stage, student, questions, max_new_tokens=max_new_tokens)
    verdicts = stage.verdicts([answer.program for answer in answers], "judge the answers")
    samples = [
        EvalSample(
            question_id=answer.question.id,
            level=answer.question.level,
            solution=answer.solution(stage.step),
            verdict=verdict,
        )
        for answer, verdict in zip(answers, verdicts, strict=True)
    ]
    tally = Counter(verdict.outcome.value for verdict in verdicts)
    count_unfinished(answers, tally)
    return StepOutput(samples, tally)
