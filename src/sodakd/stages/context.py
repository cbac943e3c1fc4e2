"""`StageContext`: what every stage works with."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sodakd.inference.completions import Completion
from sodakd.judge.program import Program, ProgramJudge
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import TeacherRequest
from sodakd.types import Verdict

OnProgress = Callable[[int], None]
"""Takes the number of items done."""


@dataclass(frozen=True)
class StageContext:
    """A step's recipe, run folder, ledger and judge, and the seed that it samples with."""

    recipe: Recipe
    run: Run
    step: str
    seed: int
    ledger: Ledger
    judge: ProgramJudge

    def progress(self, total: int, note: str, before: int = 0) -> OnProgress:
        """Return a callback for the step's progress; `before` of `total` items are done already."""
        return lambda done: self.run.report_progress(self.step, before + done, total, note)

    def ask(
        self,
        requests: Sequence[TeacherRequest],
        tally: Counter[str],
        progress: OnProgress | None = None,
    ) -> list[Completion]:
        """Return the teacher's replies in the order of the requests, booked to the step.

        Raises:
            BudgetReached: the next call could pass the budget.
            TeacherError, EndpointError: the teacher cannot answer.
        """
        step = self.run.qualified_step(self.step)
        return self.ledger.ask(requests, step, tally, progress)

    def verdicts(self, programs: Sequence[Program], note: str = "") -> list[Verdict]:
        """Return the judge's verdicts in the order of the programs; a `note` shows progress."""
        return self.judge.judge_all(programs, self.progress(len(programs), note) if note else None)
