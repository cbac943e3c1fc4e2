"""Stage 2: feedback on the student: sampled answers, their verdicts and rubric scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sodakd.inference.protocols import TextGenerator
from sodakd.records import Feedback, Grader
from sodakd.run import StepOutput
from sodakd.stages.context import StageContext
from sodakd.stages.difficulty import rate_difficulty
from sodakd.stages.findings import lint_answers
from sodakd.stages.scores import ScoreFn, grade_answers
from sodakd.stages.student_answers import StudentAnswer, count_unfinished, student_answers
from sodakd.text.fences import blocks
from sodakd.types import Question


def collect_feedback(
    stage: StageContext,
    student: TextGenerator,
    questions: Sequence[Question],
    known: Sequence[Feedback] = (),
    scorer: ScoreFn | None = None,
) -> StepOutput[Feedback]:
    """Return feedback on questions that the student was not trained on yet, in their order.

    Of those in `known` it is there already. A `scorer` grades in the teacher's place.

    Raises:
        BudgetReached: grading could pass the budget.
    """
    settings = stage.recipe.feedback
    there = {row.question.id: row for row in known}
    answers = [
        _without_truncated_program(answer)
        for answer in student_answers(
            stage,
            student,
            [
                question
                for question in questions
                if question.id not in there
                for _ in range(settings.samples)
            ],
            max_new_tokens=settings.max_new_tokens,
            temperature=settings.temperature,
            seed=stage.seed,
        )
    ]
    verdicts = stage.verdicts([answer.program for answer in answers], "judge")
    tally = Counter(verdict.outcome.value for verdict in verdicts)
    first = answers[:: settings.samples]
    findings = lint_answers(stage, [(each.question, each.extracted.code) for each in first], tally)
    count_unfinished(answers, tally)
    tools = [
        (None if answer.question.tests is None else verdict.outcome, found)
        for answer, verdict, found in zip(
            first, verdicts[:: settings.samples], findings, strict=True
        )
    ]
    scores = grade_answers(stage, first, tally, scorer, tools)
    grader = Grader.TEACHER if scorer is None else Grader.SCORER
    for number, (answer, found, score) in enumerate(zip(first, findings, scores, strict=True)):
        seen = verdicts[number * settings.samples :][: settings.samples]
        tested = answer.question.tests is not None
        rating = rate_difficulty(seen, score, settings, tested=tested, grader=grader)
        tally[rating.difficulty.value] += 1
        tally[f"decided_by_{rating.view}"] += 1
        there[answer.question.id] = Feedback(
            question=answer.question,
            solution=answer.solution(stage.step),
            verdict=seen[0],
            findings=found,
            score=score,
            grader=grader,
            samples=len(seen),
            pass_rate=sum(verdict.passed for verdict in seen) / len(seen),
            difficulty=rating.difficulty,
            reason=rating.reason,
        )
    return StepOutput([there[question.id] for question in questions], tally)


def _without_truncated_program(answer: StudentAnswer) -> StudentAnswer:
    """Return the answer without its program where that was truncated before a fence closed.

    Tests would tell, but without them it might run.
    """
    generation, extracted = answer.generation, answer.extracted
    closed = extracted.complete and any(block.closed for block in blocks(generation.text))
    if generation.ended or closed or answer.question.tests is not None:
        return answer
    reason = "it was cut off at feedback.max_new_tokens"
    return replace(answer, extracted=replace(extracted, code="", reason=reason))
