"""The rubric's points of answers: the teacher's, or those of a scoring model in its place."""

from collections import Counter
from collections.abc import Callable, Sequence

from sodakd.judge.untested import to_program
from sodakd.records import RubricScore
from sodakd.run import StepOutput
from sodakd.scoring.grades import Answer, Author, GradedAnswer
from sodakd.scoring.rubric import Prediction
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.stages.student_answers import StudentAnswer
from sodakd.teacher.parsers import parse_grade
from sodakd.teacher.requests import Grade
from sodakd.types import PreferencePair

ScoreFn = Callable[[Sequence[Answer]], Sequence[Prediction]]
"""Takes answers; returns a scoring model's points of each, in their order."""


def grade_answers(
    stage: StageContext,
    answers: Sequence[StudentAnswer],
    tally: Counter[str],
    scorer: ScoreFn | None,
) -> list[RubricScore | None]:
    """Return the score of each answer by the scorer, or without one by the teacher.

    None where the recipe wants no scores, or the teacher's reply was dropped.
    """
    if stage.recipe.feedback.scorer == "none":
        return [None] * len(answers)
    if scorer is None:
        asked = [Grade(question=each.question, answer=each.generation.text) for each in answers]
        return _ask(stage, asked, tally)
    stage.progress(len(answers), "the scorer grades")(0)
    found = scorer(
        [
            Answer(
                question_id=each.question.id,
                question=each.question.text,
                language=each.question.language,
                answer=each.generation.text,
            )
            for each in answers
        ]
    )
    tally["scored"] = len(found)
    return [
        RubricScore(reason=f"the scorer expects {one.total:.2f} points in all", **one.points)
        for one in found
    ]


def grade_pairs(stage: StageContext, pairs: Sequence[PreferencePair]) -> StepOutput[GradedAnswer]:
    """Return the teacher's grades of its own solutions: of each correct one and its faulty one.

    Raises:
        BudgetReached: grading could pass the budget.
    """
    tally: Counter[str] = Counter()
    answers = [
        (pair.question, code, author)
        for pair in pairs
        for code, author in ((pair.chosen, Author.TEACHER), (pair.rejected, Author.FAULT))
        if code is not None and (author is Author.TEACHER or pair.fault is not None)
    ]
    asked = [Grade(question=question, answer=code) for question, code, _ in answers]
    scores = _ask(stage, asked, tally)
    verdicts = stage.verdicts([to_program(question, code) for question, code, _ in answers])
    rows = [
        GradedAnswer(
            question_id=question.id,
            question=question.text,
            language=question.language,
            answer=code,
            score=score,
            author=author,
            outcome=None if question.tests is None else verdict.outcome,
        )
        for (question, code, author), score, verdict in zip(answers, scores, verdicts, strict=True)
        if score is not None
    ]
    return StepOutput(rows, tally)


def _ask(
    stage: StageContext, requests: Sequence[Grade], tally: Counter[str]
) -> list[RubricScore | None]:
    progress = stage.progress(len(requests), "the teacher grades")
    return ask_and_parse(stage, requests, lambda text, _: parse_grade(text), tally, progress)
