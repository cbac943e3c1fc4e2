"""Feedback whose rubric a trained scorer gives, where it agrees with the teacher."""

import random
from collections.abc import Sequence
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.records import Feedback
from sodakd.scoring.grades import GradedAnswer, graded_answer
from sodakd.types import PreferencePair, Question


class ScoredFeedback:
    """Collects the feedback of one cycle after another (`feedback.scorer: trained`).

    Where there is no scorer, in the first cycle or since one was refused, the teacher grades every
    probe, and the next cycle begins with a scorer that learns all of the teacher's grades so far.
    Those are of the student's answers, and of correct and faulty solutions of some of the same
    questions, which are in the next cycle's pairs. A scorer is checked in each cycle on a share of
    the probes, which the teacher grades; where it does not agree there, the teacher grades the rest
    as well.
    """

    def __init__(self, context: Context, base: Path) -> None:
        self._context = context
        self._base = base
        self._scorer: Path | None = None
        self._graded: Sequence[Feedback] = ()
        self._grades: list[GradedAnswer] = []

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
            known = context.feedback(f"{cycle}/refresh", student, self._draw(cycle, probes))
            newest = _grades_of(known)
            if not context.check_scorer(f"{cycle}/refresh-check", self._scorer, newest):
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
        return context.train_scorer(f"{cycle}/scorer", self._base, self._grades)

    def _draw(self, cycle: str, probes: Sequence[Question]) -> list[Question]:
        """Some of the probes, in their order: those that the teacher grades."""
        recipe = self._context.recipe
        count = max(1, round(recipe.feedback.scorer_refresh * len(probes)))
        drawn = random.Random(f"refresh {recipe.seed} {cycle}").sample(range(len(probes)), count)
        return [probes[at] for at in sorted(drawn)]


def _grades_of(rows: Sequence[Feedback]) -> list[GradedAnswer]:
    return [found for row in rows if (found := graded_answer(row)) is not None]
