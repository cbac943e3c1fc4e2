"""Questions whose tests the teacher's solutions agree on, and how strong these tests are."""

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from sodakd.records import Refusal
from sodakd.run import StepOutput
from sodakd.stages.agreement import Agreed, agree, agree_on
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.stages.test_strength import Strength, measure_strengths
from sodakd.teacher.parsers import NoFunction, parse_test
from sodakd.teacher.requests import Test
from sodakd.types import Assertion, CallTests, Question


def questions_with_tests(
    stage: StageContext, questions: Sequence[Question]
) -> StepOutput[Question]:
    """Return the questions that have tests and those that get some here, in their order.

    A question that gets none is counted by reason and language.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    untested = [each for each in questions if each.tests is None]
    found: dict[str, Question] = {each.id: each for each in questions if each.tests is not None}
    tally["given"] = len(found)
    asks = [Test(question=each) for each in untested]
    progress = stage.progress(len(asks), "inputs to test by")
    drafts = ask_and_parse(stage, asks, parse_test, tally, progress)
    functions = [
        (of, draft)
        for of, draft in zip(untested, drafts, strict=True)
        if draft is not None and not isinstance(draft, NoFunction)
    ]
    tested = with_tests(stage, [draft for _, draft in functions], tally)
    for (of, _), one in zip(functions, tested, strict=True):
        if one is not None:
            found[of.id] = one
    for of, draft in zip(untested, drafts, strict=True):
        if draft is None or isinstance(draft, NoFunction):
            reason = Refusal.UNREADABLE if draft is None else Refusal.NO_FUNCTION
            tally[f"{reason} {of.language}"] += 1
    rows = [found[each.id] for each in questions if each.id in found]
    tally["kept"] = len(rows)
    return StepOutput(rows, tally)


def with_tests(
    stage: StageContext, drafts: Sequence[Question], tally: Counter[str]
) -> list[Question | None]:
    """Return each draft with tests by agreement; None where there is none, counted by reason.

    Where tests kill too few mutations of their solution, the teacher is asked once for more inputs.
    """
    agreed = agree(stage, drafts, tally)
    strengths = _strengthen(stage, agreed, tally)
    for draft, one, strength in zip(drafts, agreed, strengths, strict=True):
        name = draft.language.value
        tally[f"{'tested' if isinstance(one, Agreed) else one} {name}"] += 1
        tally[f"mutants {name}"] += strength.mutants
        tally[f"killed {name}"] += strength.killed
    return [one.question if isinstance(one, Agreed) else None for one in agreed]


def _strengthen(
    stage: StageContext, agreed: list[Agreed | Refusal], tally: Counter[str]
) -> list[Strength]:
    """Ask for more inputs where tests are weak, and keep them where they help; how strong all are.

    `agreed` is changed in its place.
    """
    there = [(at, one) for at, one in enumerate(agreed) if isinstance(one, Agreed)]
    strengths = [Strength(0, 0)] * len(agreed)
    for (at, _), found in zip(there, _measure(stage, [one for _, one in there]), strict=True):
        strengths[at] = found
    share = stage.recipe.questions.kill_rate
    weak = [
        (at, one)
        for at, one in there
        if strengths[at].below(share)
        and not any(isinstance(case, Assertion) for case in _tests(one.question).cases)
    ]
    asks = [Test(question=one.question, known=_inputs(one.question)) for _, one in weak]
    replies = ask_and_parse(
        stage, asks, parse_test, tally, stage.progress(len(asks), "more inputs to test by")
    )
    more = [
        (at, one, _joined(one.question, reply))
        for (at, one), reply in zip(weak, replies, strict=True)
        if isinstance(reply, Question)
    ]
    again = agree_on(stage, [draft for _, _, draft in more], [one.solutions for _, one, _ in more])
    better = [
        (at, one) for (at, _, _), one in zip(more, again, strict=True) if isinstance(one, Agreed)
    ]
    for (at, one), found in zip(better, _measure(stage, [one for _, one in better]), strict=True):
        agreed[at], strengths[at] = one, found
    tally["asked_for_more"] += len(asks)
    return strengths


def _measure(stage: StageContext, agreed: Sequence[Agreed]) -> list[Strength]:
    return measure_strengths(stage, [one.question for one in agreed])


def _inputs(question: Question) -> tuple[tuple[JsonValue, ...], ...]:
    return tuple(case.arguments for case in _tests(question).cases)


def _joined(question: Question, more: Question) -> Question:
    """The draft whose calls are those of the question and those that it has not yet."""
    known = _inputs(question)
    new = (case for case in _tests(more).cases if case.arguments not in known)
    tests = _tests(question).model_copy(update={"cases": (*_tests(question).cases, *new)})
    return question.model_copy(update={"tests": tests, "reference": None})


def _tests(question: Question) -> CallTests:
    assert isinstance(question.tests, CallTests)
    return question.tests
