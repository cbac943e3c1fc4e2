"""Ask the student, judge its answers, have them graded: a row of feedback for each question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.feedback.difficulty import judge_difficulty
from sodakd.judge.extract import extract_code
from sodakd.judge.judge import Judge, Program
from sodakd.models.chat import Generator, Sampling
from sodakd.recipe import FeedbackSettings
from sodakd.run import Built, Run
from sodakd.teacher.asks import Grade, UnreadableReply, read_grade
from sodakd.teacher.ledger import Ledger
from sodakd.types import Feedback, Question, Score, Solution, Verdict


@dataclass(frozen=True)
class Assessment:
    """What stage 2 works with, and where it says how far it is."""

    run: Run
    step: str
    ledger: Ledger
    judge: Judge
    settings: FeedbackSettings


def answer(
    student: Generator,
    questions: Sequence[Question],
    sampling: Sampling,
    author: str,
) -> list[list[Solution]]:
    """The student's answers: for each question, `sampling.samples` of them."""
    prompts = [question.text for question in questions for _ in range(sampling.samples)]
    texts = iter(student.generate(prompts, sampling))
    return [
        [
            Solution(question_id=question.id, text=text, code=extract_code(text), author=author)
            for text in (next(texts) for _ in range(sampling.samples))
        ]
        for question in questions
    ]


def assess(
    assessment: Assessment, questions: Sequence[Question], student: Generator, seed: int
) -> Built[Feedback]:
    """Feedback on questions that the student was not trained on yet.

    Raises:
        BudgetReached: grading could pass the budget.
    """
    settings, step, say = assessment.settings, assessment.step, assessment.run.say
    sampling = Sampling(
        samples=settings.samples,
        temperature=settings.temperature,
        max_new_tokens=settings.max_new_tokens,
        seed=seed,
    )
    say(step, 0, len(questions), "the student answers")
    solutions = answer(student, questions, sampling, author=step)
    verdicts = _verdicts(assessment, questions, solutions)
    tally: Counter[str] = Counter(verdict.outcome.value for row in verdicts for verdict in row)
    scores = _grades(assessment, questions, solutions, tally)
    rows = []
    for question, own, seen, score in zip(questions, solutions, verdicts, scores, strict=True):
        judged = judge_difficulty(seen, score, settings)
        tally[judged.difficulty.value] += 1
        rows.append(
            Feedback(
                question=question,
                solution=own[0],
                verdict=seen[0],
                findings=(),
                score=score,
                samples=len(own),
                pass_rate=sum(verdict.passed for verdict in seen) / len(seen),
                difficulty=judged.difficulty,
                reason=judged.reason,
            )
        )
    return Built(rows, tally)


def _verdicts(
    assessment: Assessment,
    questions: Sequence[Question],
    solutions: Sequence[Sequence[Solution]],
) -> list[list[Verdict]]:
    programs = [
        Program(solution.code, question.language, question.tests)
        for question, own in zip(questions, solutions, strict=True)
        for solution in own
        if question.tests is not None
    ]
    flat = iter(
        assessment.judge.many(
            programs,
            lambda done: assessment.run.say(assessment.step, done, len(programs), "judge"),
        )
    )
    return [[next(flat) for _ in own] for own in solutions]


def _grades(
    assessment: Assessment,
    questions: Sequence[Question],
    solutions: Sequence[Sequence[Solution]],
    tally: Counter[str],
) -> list[Score | None]:
    if not assessment.settings.grade:
        return [None] * len(questions)
    asks = [
        Grade(question=question, answer=own[0].text)
        for question, own in zip(questions, solutions, strict=True)
    ]
    replies = assessment.ledger.ask(
        asks,
        assessment.step,
        tally,
        lambda done: assessment.run.say(assessment.step, done, len(asks), "the teacher grades"),
    )
    scores: list[Score | None] = []
    for reply in replies:
        try:
            scores.append(read_grade(reply.text))
        except UnreadableReply:
            tally["grade_unreadable"] += 1
            scores.append(None)
    return scores
