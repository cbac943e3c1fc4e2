"""The teacher's refinements of the student's own failed answers (PERsD), each of them verified."""

from collections import Counter
from collections.abc import Sequence

from sodakd.inference.protocols import TextGenerator
from sodakd.records import Refinement
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import ask_once
from sodakd.stages.context import StageContext
from sodakd.stages.programs import read_program
from sodakd.stages.solutions import check_solutions
from sodakd.stages.student_answers import count_unfinished, student_answers
from sodakd.teacher.parsers import UnreadableReply
from sodakd.teacher.requests import Refine
from sodakd.types import Question

_SHOWN = 2000
"""Letters of what running an answer said that the teacher is shown."""


def refinements(
    stage: StageContext, student: TextGenerator, questions: Sequence[Question], most: int
) -> StepOutput[Refinement]:
    """Return refinements that pass, of the student's greedy answers that fail; one call each.

    Only questions with tests are tried, and of the answers that fail the first `most` are refined.
    Replies without a program, and refinements that fail, are dropped and counted.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    tested = [question for question in questions if question.tests is not None]
    tokens = stage.recipe.feedback.max_new_tokens
    answers = student_answers(stage, student, tested, max_new_tokens=tokens)
    verdicts = stage.verdicts([answer.program for answer in answers], "judge the answers")
    requests = [
        Refine(
            question=answer.question,
            answer=answer.extracted.code.strip("\n") or answer.generation.text,
            error=verdict.output[:_SHOWN] or verdict.outcome.value.replace("_", " "),
        )
        for answer, verdict in zip(answers, verdicts, strict=True)
        if not verdict.passed and not verdict.blames_tests(answer.question.text)
    ][:most]
    requests = [*stage.affordable(requests, "refinements")]
    progress = stage.progress(len(requests), "refinements")
    replies = ask_once(stage, requests, _read, tally, progress)
    refined = [
        (request, code)
        for request, code in zip(requests, replies, strict=True)
        if not isinstance(code, UnreadableReply)
    ]
    checks = check_solutions(stage, [(ask.question, code) for ask, code in refined], tally)
    rows = [
        Refinement(question=ask.question, attempt=ask.answer, error=ask.error, code=code)
        for (ask, code), check in zip(refined, checks, strict=True)
        if check.right
    ]
    passed = sum(verdict.passed for verdict in verdicts)
    tally.update({"answers": len(answers), "answers_passed": passed, "kept": len(rows)})
    count_unfinished(answers, tally)
    return StepOutput(rows, tally)


def _read(text: str, ask: Refine) -> str:
    return read_program(text, ask.question)
