"""Questions that the teacher writes as asked: from others (Evol-Instruct, Lion), or from snippets
of code, with their solutions (OSS-Instruct). What failed is eliminated and counted.
"""

import re
from collections import Counter
from collections.abc import Sequence

from sodakd.dedup.contamination import ContaminationIndex
from sodakd.dedup.index import DedupIndex
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import ask_once
from sodakd.stages.context import StageContext
from sodakd.stages.programs import read_inspired
from sodakd.stages.solutions import check_solutions
from sodakd.teacher.parsers import UnreadableReply, parse_evolved, parse_invention
from sodakd.teacher.read_tests import is_draft
from sodakd.teacher.requests import Evolve, Inspire, Invent
from sodakd.types import Question

_COPIED = re.compile(
    r"\b(?:given|original|rewritten|new|evolved)[ _]prompt\b"
    r"|\b(?:original|rewritten|evolved)[ _]task\b|\[(?:Problem|Solution)\b|\Athe new task\Z",
    re.IGNORECASE,
)
"""Words of the prompt that asked: a question that holds them is no question (WizardLM, elimination
of failed evolutions)."""


def asked_questions(
    stage: StageContext,
    requests: Sequence[Evolve | Inspire | Invent],
    pool: Sequence[Question],
    kept_out: Sequence[Question],
    near_duplicate: float,
) -> StepOutput[Question]:
    """Return accepted questions; each request takes one call, and brings one question at most.

    Rejected ones are counted by reason, and so are replies that cannot be read.
    No new one is in the `pool`, which holds the seeds and all accepted so far, or overlaps with
    what is `kept_out`: the exam. At a `near_duplicate` of 1 only the very same is a duplicate: what
    is rewritten is near its parent by design. A question that comes with a solution is kept where
    that is right.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings = stage.recipe.update
    tally: Counter[str] = Counter()
    dedup = DedupIndex(pool, near_duplicate)
    named = [one.name for one in stage.recipe.evaluation.benchmarks]
    contamination = ContaminationIndex(kept_out, settings.overlap_ngram, settings.overlap, named)
    requests = stage.affordable(requests, "new questions")
    progress = stage.progress(len(requests), "new questions")
    accepted: list[Question] = []
    for question in ask_once(stage, requests, _read, tally, progress):
        if isinstance(question, UnreadableReply):
            continue
        reason = (
            _failure(stage, question)
            or contamination.rejection_reason(question)
            or dedup.rejection_reason(question)
        )
        if reason is not None:
            tally[reason] += 1
            continue
        dedup.add(question)
        accepted.append(question)
    accepted = _with_right_solutions(stage, accepted, tally)
    tally["kept"] = len(accepted)
    return StepOutput(accepted, tally)


def _read(text: str, request: Evolve | Inspire | Invent) -> Question:
    match request:
        case Evolve():
            return parse_evolved(text, request)
        case Inspire():
            return read_inspired(text, request)
        case Invent():
            question = parse_invention(text, request)
            # Calls of which nothing is expected yet are no tests.
            return question.model_copy(update={"tests": None}) if is_draft(question) else question


def _failure(stage: StageContext, question: Question) -> str | None:
    """Return why a text is no question that could be asked, or None."""
    settings, words = stage.recipe.questions, len(question.text.split())
    if words < settings.min_words:
        return "too_short"
    if words > settings.max_words:
        return "too_long"
    return "copies_prompt" if _COPIED.search(question.text) else None


def _with_right_solutions(
    stage: StageContext, questions: Sequence[Question], tally: Counter[str]
) -> list[Question]:
    """Return the questions but for those whose own solution is wrong."""
    solved = [(each, each.reference) for each in questions if each.reference is not None]
    checks = check_solutions(stage, solved, tally) if solved else []
    pairs = zip(solved, checks, strict=True)
    wrong = {question.id for (question, _), check in pairs if not check.right}
    return [question for question in questions if question.id not in wrong]
