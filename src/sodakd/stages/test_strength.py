"""How strong tests are: the share of a solution's one-token mutations that they kill."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.judge.untested import to_program
from sodakd.stages.context import StageContext
from sodakd.text.mutations import mutations
from sodakd.text.same_program import is_same
from sodakd.types import Outcome, Question

MOST = 6
"""Mutations of a solution that are run."""


@dataclass(frozen=True)
class Strength:
    """How many mutations of a solution were run, and how many its tests killed."""

    mutants: int
    killed: int

    def below(self, share: float) -> bool:
        """Whether fewer than this share were killed. Without mutations it cannot be told."""
        return self.killed < share * self.mutants


def measure_strengths(stage: StageContext, questions: Sequence[Question]) -> list[Strength]:
    """Return how strong the tests of questions are, by mutations of their references.

    A mutation that does not compile says nothing of tests, and is not counted.
    """
    changed = [
        [
            code
            for code in mutations(each.reference or "", each.language, MOST)
            if not is_same(code, each.reference or "", each.language)
        ]
        for each in questions
    ]
    programs = [
        to_program(question, code)
        for question, codes in zip(questions, changed, strict=True)
        for code in codes
    ]
    verdicts = iter(stage.verdicts(programs, "mutations of the solutions"))
    found = []
    for codes in changed:
        own = [next(verdicts) for _ in codes]
        run = [each for each in own if each.outcome is not Outcome.COMPILE_ERROR]
        found.append(Strength(len(run), sum(not each.passed for each in run)))
    return found
