"""Stage 3: the teacher generates new questions; decontamination and deduplication filter them.

What is left gets its tests by agreement: nobody pays for solutions of what is refused before.
"""

import random
from collections import Counter
from collections.abc import Sequence

from sodakd.dedup.contamination import ContaminationIndex
from sodakd.dedup.index import DedupIndex
from sodakd.records import Feedback
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.stages.curriculum import sample_targets, unlocked_level
from sodakd.stages.question_tests import with_tests
from sodakd.teacher.parsers import parse_invention
from sodakd.teacher.read_tests import draft, is_draft
from sodakd.teacher.requests import Invent
from sodakd.types import CallTests, Question


def new_questions(
    stage: StageContext,
    feedback: Sequence[Feedback],
    pool: Sequence[Question],
    kept_out: Sequence[Question],
) -> StepOutput[Question]:
    """Return accepted new questions, sampled by feedback; rejected ones are counted by reason.

    `pool` holds the seeds and all questions accepted so far; no new one may overlap with what is
    `kept_out`: the exam.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings, verdicts = stage.recipe.update, stage.recipe.feedback.verdicts
    rng = random.Random(f"invent {stage.seed}")
    highest = unlocked_level(feedback, settings.gate, verdicts=verdicts)
    tally: Counter[str] = Counter(highest_open_level=highest)
    dedup = DedupIndex(pool, settings.near_duplicate)
    named = [one.name for one in stage.recipe.evaluation.benchmarks]
    contamination = ContaminationIndex(kept_out, settings.overlap_ngram, settings.overlap, named)
    accepted: list[Question] = []
    max_requests = settings.new_questions * settings.attempts_per_question
    requested = 0
    while len(accepted) < settings.new_questions and requested < max_requests:
        count = min(settings.new_questions - len(accepted), max_requests - requested)
        targets = sample_targets(feedback, count, settings, rng, verdicts=verdicts)
        requests = [
            Invent(question=target.parent, level=target.level, variant=requested + number)
            for number, target in enumerate(targets)
        ]
        progress = stage.progress(settings.new_questions, "new questions", before=len(accepted))
        replies = ask_and_parse(stage, requests, parse_invention, tally, progress)
        requested += len(requests)
        new: list[Question] = []
        for request, question in zip(requests, replies, strict=True):
            if question is None:
                continue
            reason = (
                _rejection_reason(request, question, stage.recipe.questions.tests)
                or contamination.rejection_reason(question)
                or dedup.rejection_reason(question)
            )
            if reason is not None:
                tally[reason] += 1
                continue
            dedup.add(question)  # also where it gets no tests: one like it would cost as much
            new.append(question)
        for question in _tested(stage, new, tally):
            accepted.append(question)
            tally[f"level_{question.level}"] += 1
    tally["kept"] = len(accepted)
    return StepOutput(accepted, tally)


def _tested(
    stage: StageContext, questions: Sequence[Question], tally: Counter[str]
) -> Sequence[Question]:
    """The questions that have tests: the world's bring theirs, all others get them by agreement."""
    settings = stage.recipe.questions
    if not settings.real and not any(map(is_draft, questions)):
        return questions
    if settings.tests == "none":
        return [each.model_copy(update={"tests": None}) for each in questions]
    drafts = [draft(each, each.tests) for each in questions if isinstance(each.tests, CallTests)]
    return [each for each in with_tests(stage, drafts, tally) if each is not None]


def _rejection_reason(request: Invent, question: Question, tests: str) -> str | None:
    if question.tests is None and tests != "none":
        return "no_tests"
    if question.level != request.level:
        return "another_level"
    return None
