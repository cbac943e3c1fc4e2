"""Correct solutions, which the teacher gives and the judge verifies.

A verified solution passes the question's tests. Without tests it compiles, runs to its end, and has
no fault that static tools find.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sodakd.judge.untested import lint_program, to_program
from sodakd.records import SftExample
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import Parsed, ask_once
from sodakd.stages.context import OnProgress, StageContext
from sodakd.stages.programs import read_program
from sodakd.teacher.parsers import RequestT, UnreadableReply, retry_request
from sodakd.teacher.requests import Solve
from sodakd.types import Question, Severity, Verdict

_SHOWN = 10  # findings that the teacher is told of


def build_solutions(
    stage: StageContext, questions: Sequence[Question], *, verified: bool = False
) -> StepOutput[SftExample]:
    """Return an SFT example for each question that the teacher answers, by one call each.

    A reply without a whole program is dropped and counted, and so is one that fails where they are
    `verified`.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    requests = [
        Solve(question=each) for each in questions if not verified or each.reference is None
    ]
    paid = {each.question.id for each in stage.affordable(requests, "correct solutions")}
    if len(paid) < len(requests):
        asked = {each.question.id for each in requests}
        questions = [each for each in questions if each.id in paid or each.id not in asked]
    if verified:
        found = solve(stage, questions, tally, attempts=1)
    else:
        requests = [Solve(question=question) for question in questions]
        answers, unread = _ask_solutions(stage, requests, tally)
        found = [(request.question, code) for request, code in answers]
        if unread:
            tally["solution_dropped"] = len(unread)
    rows = [
        SftExample(question_id=question.id, prompt=question.text, code=code)
        for question, code in found
    ]
    return StepOutput(rows, tally)


def solve(
    stage: StageContext, questions: Sequence[Question], tally: Counter[str], attempts: int
) -> list[tuple[Question, str]]:
    """Return questions with their verified solutions, in order; what stays wrong is counted.

    A question's reference is its solution, and no other is asked for.
    """
    waiting = [Solve(question=question) for question in questions if question.reference is None]
    solved = {each.id: each.reference for each in questions if each.reference is not None}
    for _ in range(attempts):
        if not waiting:
            break
        found, waiting = _ask_solutions(stage, waiting, tally)
        answers = [(asked.question, code) for asked, code in found]
        checks = check_solutions(stage, answers, tally)
        for (asked, code), check in zip(found, checks, strict=True):
            if check.right:
                solved[asked.question.id] = code
            elif not check.blames_tests:  # else no other solution would pass them
                update = {"attempt": asked.attempt + 1, "error": check.error, "unreadable": ""}
                waiting.append(asked.model_copy(update=update))
    tally["solution_dropped"] += len(waiting)
    tally["solved"] = len(solved)
    return [(each, solved[each.id]) for each in questions if each.id in solved]


@dataclass(frozen=True)
class SolutionCheck:
    """Whether a solution is right, and what is wrong with it or with its question's tests."""

    right: bool
    error: str = ""
    blames_tests: bool = False


def check_solutions(
    stage: StageContext, answers: Sequence[tuple[Question, str]], tally: Counter[str]
) -> list[SolutionCheck]:
    """Return a check of each solution, by its question's tests or without tests; count by fate."""
    found = verdicts(stage, answers, "verify by running")
    right = [at for at, verdict in enumerate(found) if verdict.passed]
    refused = lint_rejections(stage, [answers[at] for at in right])
    why = dict(zip(right, refused, strict=True))
    checks = []
    for at, ((question, _), verdict) in enumerate(zip(answers, found, strict=True)):
        if verdict.passed and not why[at]:
            checks.append(SolutionCheck(right=True))
        elif verdict.blames_tests(question.text):
            tally["tests_cannot_run"] += 1
            checks.append(SolutionCheck(right=False, blames_tests=True))
        else:
            tally["solution_lint" if verdict.passed else f"solution_{verdict.outcome}"] += 1
            error = why[at] if verdict.passed else verdict.output
            checks.append(SolutionCheck(right=False, error=error))
    return checks


def verdicts(
    stage: StageContext, answers: Sequence[tuple[Question, str]], note: str = ""
) -> list[Verdict]:
    """Run each code against its question's tests, or without tests to its end."""
    return stage.verdicts([to_program(question, code) for question, code in answers], note)


def lint_rejections(stage: StageContext, answers: Sequence[tuple[Question, str]]) -> list[str]:
    """Return what static tools found that no solution may have, in words; "" where nothing.

    Tests say more than they do: only answers to questions without tests are looked at.
    """
    refused = stage.recipe.delivery.refused_findings
    rejections = [""] * len(answers)
    if refused == "none":
        return rejections
    untested = [at for at, (question, _) in enumerate(answers) if question.tests is None]
    programs = [lint_program(*answers[at]) for at in untested]
    for at, findings in zip(untested, stage.judge.lint(programs), strict=True):
        wrong = [
            finding.as_text
            for finding in findings
            if refused == "all" or finding.severity is Severity.ERROR
        ]
        if wrong:
            rejections[at] = "\n".join(["static tools found:", *wrong[:_SHOWN]])
    return rejections


def ask_again(
    stage: StageContext,
    requests: Sequence[RequestT],
    parse: Callable[[str, RequestT], Parsed],
    tally: Counter[str],
    name: str,
    progress: OnProgress | None = None,
) -> tuple[list[tuple[RequestT, Parsed]], list[RequestT]]:
    """Return requests with what their replies hold, and what to ask again of the others."""
    found: list[tuple[RequestT, Parsed]] = []
    unread: list[RequestT] = []
    parsed = ask_once(stage, requests, parse, tally, progress, name)
    for request, one in zip(requests, parsed, strict=True):
        if isinstance(one, UnreadableReply):
            unread.append(retry_request(request, one))
        else:
            found.append((request, one))
    return found, unread


def _ask_solutions(
    stage: StageContext, requests: Sequence[Solve], tally: Counter[str]
) -> tuple[list[tuple[Solve, str]], list[Solve]]:
    progress = stage.progress(len(requests), "correct solutions")
    return ask_again(stage, requests, _read_solution, tally, "solution", progress)


def _read_solution(text: str, asked: Solve) -> str:
    return read_program(text, asked.question)
