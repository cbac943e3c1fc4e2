"""Stage 3: the teacher generates new questions; decontamination and deduplication filter them."""

import random
from collections import Counter
from collections.abc import Sequence

from sodakd.records import Feedback
from sodakd.run import StepOutput
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.stages.curriculum import sample_targets, unlocked_level
from sodakd.teacher.parsers import parse_invention
from sodakd.teacher.requests import Invent
from sodakd.text.contamination import ContaminationIndex
from sodakd.text.dedup import DedupIndex
from sodakd.types import Question


def new_questions(
    stage: StageContext,
    feedback: Sequence[Feedback],
    pool: Sequence[Question],
    test_set: Sequence[Question],
) -> StepOutput[Question]:
    """Return accepted new questions, sampled by feedback; rejected ones are counted by reason.

    `pool` holds the seeds and all questions accepted so far; no new one may overlap with the
    `test_set`.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings = stage.recipe.update
    rng = random.Random(f"invent {stage.seed}")
    tally: Counter[str] = Counter(highest_open_level=unlocked_level(feedback, settings.gate))
    dedup = DedupIndex(pool, settings.near_duplicate)
    named = [one.name for one in stage.recipe.evaluation.benchmarks]
    contamination = ContaminationIndex(test_set, settings.overlap_ngram, settings.overlap, named)
    accepted: list[Question] = []
    max_requests = settings.new_questions * settings.attempts_per_question
    requested = 0
    while len(accepted) < settings.new_questions and requested < max_requests:
        count = min(settings.new_questions - len(accepted), max_requests - requested)
        requests = [
            Invent(question=target.parent, level=target.level, variant=requested + number)
            for number, target in enumerate(sample_targets(feedback, count, settings, rng))
        ]
        progress = stage.progress(settings.new_questions, "new questions", before=len(accepted))
        replies = ask_and_parse(stage, requests, parse_invention, tally, progress)
        requested += len(requests)
        for request, question in zip(requests, replies, strict=True):
            if question is None:
                continue
            reason = (
                _rejection_reason(request, question)
                or contamination.rejection_reason(question)
                or dedup.rejection_reason(question)
            )
            if reason is not None:
                tally[reason] += 1
                continue
            dedup.add(question)
            accepted.append(question)
            tally[f"level_{question.level}"] += 1
    tally["kept"] = len(accepted)
    return StepOutput(accepted, tally)


def _rejection_reason(request: Invent, question: Question) -> str | None:
    if question.tests is None and request.question.tests is not None:
        return "no_tests"
    if question.level != request.level:
        return "another_level"
    return None
