"""The teacher as a referee (Lion): its own answer beside the student's, in both orders."""

from collections import Counter
from collections.abc import Sequence

from sodakd.inference.protocols import TextGenerator
from sodakd.records import Comparison
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import ask_once
from sodakd.stages.context import StageContext
from sodakd.stages.student_answers import count_unfinished, student_answers
from sodakd.teacher.parsers import UnreadableReply, parse_comparison
from sodakd.teacher.requests import Compare
from sodakd.types import Question

_NO_ANSWER = "(no answer)"


def comparisons(
    stage: StageContext, student: TextGenerator, solved: Sequence[tuple[Question, str]]
) -> StepOutput[Comparison]:
    """Return the referee's points for the teacher's solution and the student's greedy answer.

    A question takes two calls, one for each order, whose points are averaged; where one reply
    cannot be read the other counts, and where neither can, the question is dropped and counted.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    questions = [question for question, _ in solved]
    tokens = stage.recipe.feedback.max_new_tokens
    answers = student_answers(stage, student, questions, max_new_tokens=tokens)
    requests = [
        Compare(question=question, answer_a=first, answer_b=second)
        for (question, code), answer in zip(solved, answers, strict=True)
        for own in (answer.generation.text.strip() or _NO_ANSWER,)
        for first, second in ((code, own), (own, code))
    ]
    progress = stage.progress(len(requests), "the teacher compares")
    replies = ask_once(stage, requests, lambda text, _: parse_comparison(text), tally, progress)
    rows: list[Comparison] = []
    for question, one, other in zip(questions, replies[::2], replies[1::2], strict=True):
        teacher, student_points = [], []
        if not isinstance(one, UnreadableReply):
            teacher.append(one.a)
            student_points.append(one.b)
        if not isinstance(other, UnreadableReply):
            teacher.append(other.b)
            student_points.append(other.a)
        if not teacher:
            tally["compare_dropped"] += 1
            continue
        rows.append(
            Comparison(
                question=question,
                teacher=sum(teacher) / len(teacher),
                student=sum(student_points) / len(student_points),
            )
        )
    tally["hard"] = sum(row.is_hard for row in rows)
    tally["easy"] = len(rows) - tally["hard"]
    count_unfinished(answers, tally)
    return StepOutput(rows, tally)
