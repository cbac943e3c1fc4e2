"""How strong tests are: the share of a solution's one-token mutations that they kill."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.judge.untested import to_program
from sodakd.stages.context import StageContext
from sodakd.text.mutations import mutations
from sodakd.text.same_program import is_same
from sodakd.types import Outcome, Question, Verdict

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
    tried = run_mutations(stage, [(each, each.reference or "") for each in questions])
    found = []
    for own in tried:
        run = [one for _, one in own if one.outcome is not Outcome.COMPILE_ERROR]
        found.append(Strength(len(run), sum(not one.passed for one in run)))
    return found


def run_mutations(
    stage: StageContext, solved: Sequence[tuple[Question, str]]
) -> list[list[tuple[str, Verdict]]]:
    """Return the one-token mutations of each question's solution, with their verdicts."""
    changed = [
        [
            (question, code)
            for code in mutations(right, question.language, MOST)
            if not is_same(code, right, question.language)
        ]
        for question, right in solved
    ]
    programs = [to_program(*one) for own in changed for one in own]
    verdicts = iter(stage.verdicts(programs, "mutations of the solutions"))
    return [[(code, next(verdicts)) for _, code in own] for own in changed]
