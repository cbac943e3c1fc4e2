"""Ask the student, judge its answers, have them graded: a row of feedback for each question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

from sodakd.inference.protocols import Generation, TextGenerator
from sodakd.judge.judge import Judge
from sodakd.judge.lint.registry import tools_for
from sodakd.judge.untested import lint_program, to_program
from sodakd.records import Feedback, RubricScore
from sodakd.run import Run, StepOutput
from sodakd.settings.stages import FeedbackSettings, Lint
from sodakd.stages.difficulty import rate_difficulty
from sodakd.teacher.ask_and_parse import ask_and_parse
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import parse_grade
from sodakd.teacher.requests import Grade
from sodakd.text.extract import Extracted, extract_answer
from sodakd.text.fences import blocks
from sodakd.types import Finding, Question, Solution, Verdict


@dataclass(frozen=True)
class Assessment:
    """What stage 2 works with, and where it says how far it is."""

    run: Run
    step: str
    ledger: Ledger
    judge: Judge
    settings: FeedbackSettings


@dataclass(frozen=True)
class _Answer:
    said: Generation
    found: Extracted


def _read(question: Question, said: Generation) -> _Answer:
    """An answer with its program. One that was cut off before a fence closed has none: tests would
    tell, but without them it might run.
    """
    found = extract_answer(question, said.text)
    closed = found.complete and any(block.closed for block in blocks(said.text))
    if not said.ended and not closed and question.tests is None:
        found = replace(found, code="", reason="it was cut off at feedback.max_new_tokens")
    return _Answer(said, found)


def collect_feedback(
    assessment: Assessment, questions: Sequence[Question], student: TextGenerator, seed: int
) -> StepOutput[Feedback]:
    """Feedback on questions that the student was not trained on yet.

    Raises:
        BudgetReached: grading could pass the budget.
    """
    settings, step, say = assessment.settings, assessment.step, assessment.run.report_progress
    prompts = [question.text for question in questions for _ in range(settings.samples)]
    say(step, 0, len(prompts), "the student answers")
    done = count(1)
    answered = iter(
        student.generate(
            prompts,
            max_new_tokens=settings.max_new_tokens,
            temperature=settings.temperature,
            seed=seed,
            came=lambda *_: say(step, next(done), len(prompts), "the student answers"),
        )
    )
    answers = [
        [_read(question, said) for said in islice(answered, settings.samples)]
        for question in questions
    ]
    solutions = [
        Solution(
            question_id=question.id, text=own[0].said.text, code=own[0].found.code, author=step
        )
        for question, own in zip(questions, answers, strict=True)
    ]
    verdicts = _verdicts(assessment, questions, answers)
    tally: Counter[str] = Counter(verdict.outcome.value for row in verdicts for verdict in row)
    findings = _findings(assessment, questions, solutions, tally)
    said = [answer.said for own in answers for answer in own]
    empty, cut = sum(not each.text for each in said), sum(not each.ended for each in said)
    tally.update({"empty_answers": empty} if empty else {})
    tally.update({"cut": cut} if cut else {})
    scores = _grades(assessment, questions, solutions, tally)
    rows = []
    views = zip(questions, solutions, verdicts, findings, scores, strict=True)
    for question, own, seen, found, score in views:
        judged = rate_difficulty(seen, score, settings, tested=question.tests is not None)
        tally[judged.difficulty.value] += 1
        rows.append(
            Feedback(
                question=question,
                solution=own,
                verdict=seen[0],
                findings=found,
                score=score,
                samples=len(seen),
                pass_rate=sum(verdict.passed for verdict in seen) / len(seen),
                difficulty=judged.difficulty,
                reason=judged.reason,
            )
        )
    return StepOutput(rows, tally)


def _verdicts(
    assessment: Assessment, questions: Sequence[Question], answers: Sequence[Sequence[_Answer]]
) -> list[list[Verdict]]:
    programs = [
        to_program(question, answer.found.code, answer.found.reason)
        for question, own in zip(questions, answers, strict=True)
        for answer in own
    ]
    flat = iter(
        assessment.judge.all(
            programs,
            lambda done: assessment.run.report_progress(
                assessment.step, done, len(programs), "judge"
            ),
        )
    )
    return [[next(flat) for _ in own] for own in answers]


def _findings(
    assessment: Assessment,
    questions: Sequence[Question],
    solutions: Sequence[Solution],
    tally: Counter[str],
) -> list[tuple[Finding, ...]]:
    """What static tools find in the first answer to each question."""
    if assessment.settings.lint is Lint.OFF:
        return [()] * len(questions)
    assessment.run.report_progress(assessment.step, 0, len(questions), "static tools")
    programs = [
        lint_program(question, own.code) for question, own in zip(questions, solutions, strict=True)
    ]
    findings = assessment.judge.lint(programs)
    tally["findings"] = sum(map(len, findings))
    tally["answers_with_findings"] = sum(bool(found) for found in findings)
    for tool in tools_for({question.language for question in questions}).missing:
        tally[f"lint_missing {tool.name}"] = len(questions)
    return findings


def _grades(
    assessment: Assessment,
    questions: Sequence[Question],
    solutions: Sequence[Solution],
    tally: Counter[str],
) -> list[RubricScore | None]:
    if not assessment.settings.grade:
        return [None] * len(questions)
    asks = [
        Grade(question=question, answer=own.text)
        for question, own in zip(questions, solutions, strict=True)
    ]
    return ask_and_parse(
        assessment.ledger,
        asks,
        lambda text, _: parse_grade(text),
        assessment.run.qualified_step(assessment.step),
        tally,
        progress=lambda done: assessment.run.report_progress(
            assessment.step, done, len(asks), "the teacher grades"
        ),
    )
