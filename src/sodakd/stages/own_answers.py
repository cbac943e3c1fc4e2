"""On-policy data: what the student writes, right or wrong, for a teacher to read."""

from collections import Counter
from collections.abc import Sequence

from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.protocols import TextGenerator
from sodakd.records import OwnAnswer
from sodakd.run import StepOutput
from sodakd.stages.context import StageContext
from sodakd.stages.student_answers import count_unfinished, student_answers
from sodakd.types import Question


def own_answers(
    stage: StageContext,
    student: TextGenerator,
    questions: Sequence[Question],
    chat_format: ChatFormat,
) -> StepOutput[OwnAnswer]:
    """Return the student's answers to the questions, one each, and a tally; none is judged."""
    settings = stage.recipe.opd
    answers = student_answers(
        stage,
        student,
        questions,
        max_new_tokens=stage.recipe.feedback.max_new_tokens,
        temperature=settings.temperature,
        seed=stage.seed,
    )
    rows = []
    for answer in answers:
        prompt, text = answer.question.text, answer.generation.text
        tokens = len(chat_format.prompt(prompt)) + len(chat_format.answer(text))
        rows.append(
            OwnAnswer(question_id=answer.question.id, prompt=prompt, text=text, tokens=tokens)
        )
    tally = Counter({"answers": len(answers)})
    count_unfinished(answers, tally)
    return StepOutput(rows, tally)
