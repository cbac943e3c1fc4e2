"""The rubric's points of answers: the teacher's, or those of a scoring model in its place."""

from collections import Counter
from collections.abc import Callable, Sequence

from sodakd.judge.untested import to_program
from sodakd.records import Feedback, RubricScore
from sodakd.run import StepOutput
from sodakd.scoring.grades import Answer, Author, GradedAnswer, graded_answer
from sodakd.scoring.rubric import Prediction
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.stages.findings import lint_answers
from sodakd.stages.student_answers import StudentAnswer
from sodakd.teacher.parsers import parse_grade
from sodakd.teacher.requests import Grade
from sodakd.types import Finding, Outcome, PreferencePair

ToolView = tuple[Outcome | None, tuple[Finding, ...]]
"""What the judge and static tools found of an answer: no outcome where there are no tests."""
_SECOND = 2
"""The attempt of a second grade: the first one's is 0, and 1 where its reply was unreadable."""
ScoreFn = Callable[[Sequence[Answer]], Sequence[Prediction]]
"""Takes answers; returns a scoring model's points of each, in their order."""


def grade_answers(
    stage: StageContext,
    answers: Sequence[StudentAnswer],
    tally: Counter[str],
    scorer: ScoreFn | None,
    tools: Sequence[ToolView] = (),
) -> list[RubricScore | None]:
    """Return the score of each answer by the scorer, or without one by the teacher.

    `tools` is what the judge and static tools found of each answer: a scorer may be told it. A
    score is None where the recipe wants none, or the teacher's reply was dropped.
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
                outcome=outcome,
                findings=findings,
            )
            for each, (outcome, findings) in zip(
                answers, tools or [(None, ())] * len(answers), strict=True
            )
        ]
    )
    tally["scored"] = len(found)
    return [RubricScore(reason=_reason(one), **one.points) for one in found]


def _reason(found: Prediction) -> str:
    expects = f"the scorer expects {found.total:.2f} points in all"
    return f"{found.analysis}\n{expects}" if found.analysis else expects


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
    findings: Sequence[tuple[Finding, ...]] = [()] * len(answers)
    if stage.recipe.scorer.inputs == "verdict":
        findings = lint_answers(stage, [(question, code) for question, code, _ in answers], tally)
    rows = [
        GradedAnswer(
            question_id=question.id,
            question=question.text,
            language=question.language,
            answer=code,
            score=score,
            author=author,
            outcome=None if question.tests is None else verdict.outcome,
            findings=found,
        )
        for (question, code, author), score, verdict, found in zip(
            answers, scores, verdicts, findings, strict=True
        )
        if score is not None
    ]
    return StepOutput(rows, tally)


def grade_again(stage: StageContext, rows: Sequence[Feedback]) -> StepOutput[GradedAnswer]:
    """Return answers that the teacher graded, each twice: with that grade and with a second one.

    The second is asked for by the same prompt, and by a seed of its own where the teacher has one.

    Raises:
        BudgetReached: grading could pass the budget.
    """
    tally: Counter[str] = Counter()
    asked = [
        Grade(question=row.question, answer=row.solution.text, attempt=_SECOND) for row in rows
    ]
    both: list[GradedAnswer] = []
    for row, score in zip(rows, _ask(stage, asked, tally), strict=True):
        first = graded_answer(row)
        if first is not None and score is not None:
            both += [first, first.model_copy(update={"score": score})]
    return StepOutput(both, tally)


def _ask(
    stage: StageContext, requests: Sequence[Grade], tally: Counter[str]
) -> list[RubricScore | None]:
    progress = stage.progress(len(requests), "the teacher grades")
    return ask_and_parse(stage, requests, lambda text, _: parse_grade(text), tally, progress)
