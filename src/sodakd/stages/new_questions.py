"""Stage 3: ask the teacher for new questions, and keep those that are new, well-formed and fair."""

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
    held_out: Sequence[Question],
) -> StepOutput[Question]:
    """Return new questions as the feedback asks for them; refused ones are counted by reason.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings = stage.recipe.update
    rng = random.Random(f"invent {stage.seed}")
    tally: Counter[str] = Counter(highest_open_level=unlocked_level(feedback, settings.gate))
    known = DedupIndex(pool, settings.near_duplicate)
    test_set = ContaminationIndex(held_out, settings.overlap_ngram, settings.overlap)
    kept: list[Question] = []
    most = settings.new_questions * settings.attempts_per_question
    asked = 0
    while len(kept) < settings.new_questions and asked < most:
        count = min(settings.new_questions - len(kept), most - asked)
        requests = [
            Invent(question=target.parent, level=target.level, variant=asked + number)
            for number, target in enumerate(sample_targets(feedback, count, settings, rng))
        ]
        progress = stage.progress(settings.new_questions, "new questions", before=len(kept))
        found = ask_and_parse(stage, requests, parse_invention, tally, progress)
        asked += len(requests)
        for request, question in zip(requests, found, strict=True):
            if question is None:
                continue
            reason = (
                _rejection_reason(request, question)
                or test_set.rejection_reason(question)
                or known.rejection_reason(question)
            )
            if reason is not None:
                tally[reason] += 1
                continue
            known.add(question)
            kept.append(question)
            tally[f"level_{question.level}"] += 1
    tally["kept"] = len(kept)
    return StepOutput(kept, tally)


def _rejection_reason(request: Invent, question: Question) -> str | None:
    if question.tests is None and request.question.tests is not None:
        return "no_tests"
    if question.level != request.level:
        return "another_level"
    return None
