"""Rejection sampling: of the student's own answers those that pass are kept as solutions."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sodakd.inference.protocols import TextGenerator
from sodakd.records import SftExample
from sodakd.run import StepOutput
from sodakd.stages.context import StageContext
from sodakd.stages.student_answers import count_unfinished, student_answers
from sodakd.text.same_program import is_same
from sodakd.types import Question


def own_solutions(
    stage: StageContext, student: TextGenerator, questions: Sequence[Question]
) -> StepOutput[SftExample]:
    """Return the student's different answers to tested questions that pass, and a tally.

    Answers to a question that differ in comments and layout alone are one. The teacher is not
    asked.
    """
    settings = stage.recipe.rft
    tested = [question for question in questions if question.tests is not None]
    answers = student_answers(
        stage,
        student,
        [question for question in tested for _ in range(settings.samples)],
        max_new_tokens=stage.recipe.feedback.max_new_tokens,
        temperature=settings.temperature,
        seed=stage.seed,
    )
    verdicts = stage.verdicts([answer.program for answer in answers], "judge the answers")
    kept: defaultdict[str, list[str]] = defaultdict(list)
    rows: list[SftExample] = []
    for answer, verdict in zip(answers, verdicts, strict=True):
        question, code = answer.question, answer.extracted.code.strip("\n").rstrip() + "\n"
        before = kept[question.id]
        if not verdict.passed or any(is_same(code, one, question.language) for one in before):
            continue
        before.append(code)
        rows.append(SftExample(question_id=question.id, prompt=question.text, code=code))
    tally = Counter(
        {
            "answers": len(answers),
            "answers_passed": sum(verdict.passed for verdict in verdicts),
            "questions_passed": sum(map(bool, kept.values())),
            "kept": len(rows),
        }
    )
    count_unfinished(answers, tally)
    return StepOutput(rows, tally)
