"""Ask the teacher for new questions, and keep those that are new, well-formed and fair."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.records import Feedback
from sodakd.run import Run, StepOutput
from sodakd.settings.stages import UpdateSettings
from sodakd.stages.curriculum import sample_targets, unlocked_level
from sodakd.teacher.ask_and_parse import ask_and_parse
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import parse_invention
from sodakd.teacher.requests import Invent
from sodakd.text.contamination import ContaminationIndex
from sodakd.text.dedup import DedupIndex
from sodakd.types import Question


@dataclass(frozen=True)
class Update:
    """What stage 3 works with, and where it says how far it is."""

    run: Run
    step: str
    ledger: Ledger
    settings: UpdateSettings


def new_questions(
    update: Update,
    feedback: Sequence[Feedback],
    pool: Sequence[Question],
    held_out: Sequence[Question],
    seed: int,
) -> StepOutput[Question]:
    """New questions as the feedback asks for them; every refused one is counted by its reason.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings = update.settings
    rng = random.Random(f"invent {seed}")
    tally: Counter[str] = Counter(highest_open_level=unlocked_level(feedback, settings.gate))
    known = DedupIndex(pool, settings.near_duplicate)
    exam = ContaminationIndex(held_out, settings.overlap_ngram, settings.overlap)
    kept: list[Question] = []
    most = settings.new_questions * settings.attempts_per_question
    asked = 0
    while len(kept) < settings.new_questions and asked < most:
        count = min(settings.new_questions - len(kept), most - asked)
        asks = [
            Invent(question=wish.parent, level=wish.level, variant=asked + number)
            for number, wish in enumerate(sample_targets(feedback, count, settings, rng))
        ]
        found = ask_and_parse(
            update.ledger,
            asks,
            parse_invention,
            update.run.qualified_step(update.step),
            tally,
            progress=lambda done: update.run.report_progress(
                update.step, len(kept) + done, settings.new_questions, "new questions"
            ),
        )
        asked += len(asks)
        for ask, question in zip(asks, found, strict=True):
            if question is None:
                continue
            reason = (
                _rejection_reason(ask, question)
                or exam.rejection_reason(question)
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


def _rejection_reason(ask: Invent, question: Question) -> str | None:
    if question.tests is None and ask.question.tests is not None:
        return "no_tests"
    if question.level != ask.level:
        return "another_level"
    return None
