"""Ask the teacher for new questions, and keep those that are new, well-formed and fair."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.records import Feedback
from sodakd.run import Built, Run
from sodakd.settings.stages import UpdateSettings
from sodakd.teacher.asking import ask_and_read
from sodakd.teacher.asks import Invent
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.reading import read_invention
from sodakd.text.contamination import HeldOut
from sodakd.text.dedup import Pool
from sodakd.types import Question
from sodakd.update.curriculum import draw_wishes, highest_open


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
) -> Built[Question]:
    """New questions as the feedback asks for them; every refused one is counted by its reason.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    settings = update.settings
    rng = random.Random(f"invent {seed}")
    tally: Counter[str] = Counter(highest_open_level=highest_open(feedback, settings.gate))
    known = Pool(pool, settings.near_duplicate)
    exam = HeldOut(held_out, settings.overlap_ngram, settings.overlap)
    kept: list[Question] = []
    most = settings.new_questions * settings.attempts_per_question
    asked = 0
    while len(kept) < settings.new_questions and asked < most:
        count = min(settings.new_questions - len(kept), most - asked)
        asks = [
            Invent(question=wish.parent, level=wish.level, variant=asked + number)
            for number, wish in enumerate(draw_wishes(feedback, count, settings, rng))
        ]
        found = ask_and_read(
            update.ledger,
            asks,
            read_invention,
            update.run.full(update.step),
            tally,
            progress=lambda done: update.run.say(
                update.step, len(kept) + done, settings.new_questions, "new questions"
            ),
        )
        asked += len(asks)
        for ask, question in zip(asks, found, strict=True):
            if question is None:
                continue
            reason = _refused(ask, question) or exam.refuses(question) or known.refuses(question)
            if reason is not None:
                tally[reason] += 1
                continue
            known.add(question)
            kept.append(question)
            tally[f"level_{question.level}"] += 1
    tally["kept"] = len(kept)
    return Built(kept, tally)


def _refused(ask: Invent, question: Question) -> str | None:
    if question.tests is None and ask.question.tests is not None:
        return "no_tests"
    if question.level != ask.level:
        return "another_level"
    return None
