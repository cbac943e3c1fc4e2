"""Feedback whose rubric a trained scorer gives, where it agrees with the teacher."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from sodakd.methods.context import Context
from sodakd.records import Feedback
from sodakd.scoring.grades import GradedAnswer, graded_answer
from sodakd.types import PreferencePair, Question

Row = TypeVar("Row")


class ScoredFeedback:
    """Collects the feedback of one cycle after another (`feedback.scorer: trained`).

    Where there is no scorer, in the first cycle or since one was refused, the teacher grades every
    probe, and the next cycle begins with a scorer that learns all of the teacher's grades so far.
    Those are of the student's answers, and of correct and faulty solutions of some of the same
    questions, which are in the next cycle's pairs. A scorer is checked in each cycle on a share of
    the probes, which the teacher grades; where it does not agree there, the teacher grades the rest
    as well. A sample of the grades is asked for a second time, once: how far the teacher agrees
    with itself is told beside what the scorer agrees with.
    """

    def __init__(self, context: Context, base: Path) -> None:
        self._context = context
        self._base = base
        self._scorer: Path | None = None
        self._graded: Sequence[Feedback] = ()
        self._grades: list[GradedAnswer] = []
        self._again: Sequence[GradedAnswer] = ()

    def __call__(
        self,
        cycle: str,
        student: Path,
        probes: Sequence[Question],
        pairs: Sequence[PreferencePair],
    ) -> Sequence[Feedback]:
        """Return feedback on a student's answers to a cycle's probes."""
        context = self._context
        if self._scorer is None and self._grades:
            self._scorer = self._train(cycle, pairs)
        known: Sequence[Feedback] = ()
        if self._scorer is not None:
            count = max(1, round(context.recipe.feedback.scorer_refresh * len(probes)))
            newest = self._draw("refresh", cycle, probes, count)
            known = context.feedback(f"{cycle}/refresh", student, newest)
            step = f"{cycle}/refresh-check"
            if not context.check_scorer(step, self._scorer, _grades_of(known)):
                self._scorer = None
        found = context.feedback(f"{cycle}/feedback", student, probes, known, self._scorer)
        self._graded = [row for row in found if graded_answer(row) is not None]
        self._grades += _grades_of(found)
        return found

    def _train(self, cycle: str, pairs: Sequence[PreferencePair]) -> Path | None:
        context = self._context
        count = round(context.recipe.scorer.pair_share * len(self._graded))
        asked = {row.question.id for row in self._graded}
        chosen = [pair for pair in pairs if pair.question.id in asked][:count]
        if chosen:
            self._grades += context.pair_grades(f"{cycle}/pair-grades", chosen)
        if not self._again and (most := context.recipe.scorer.consistency_sample):
            some = self._draw("again", cycle, self._graded, min(most, len(self._graded)))
            self._again = context.second_grades(f"{cycle}/second-grades", some)
        return context.train_scorer(f"{cycle}/scorer", self._base, self._grades, self._again)

    def _draw(self, what: str, cycle: str, rows: Sequence[Row], count: int) -> list[Row]:
        """Some of the rows, in their order."""
        seed = f"{what} {self._context.recipe.seed} {cycle}"
        drawn = random.Random(seed).sample(range(len(rows)), count)
        return [rows[at] for at in sorted(drawn)]


def _grades_of(rows: Sequence[Feedback]) -> list[GradedAnswer]:
    return [found for row in rows if (found := graded_answer(row)) is not None]
