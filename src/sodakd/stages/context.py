"""What every stage works with: its step of the run, the teacher, the judge, the seed."""

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
"""Is told how many are done."""


@dataclass(frozen=True)
class StageContext:
    """A step of a run, as a stage sees it. What a stage draws, it draws from `seed`."""

    recipe: Recipe
    run: Run
    step: str
    seed: int
    ledger: Ledger
    judge: ProgramJudge

    def progress(self, total: int, note: str, before: int = 0) -> OnProgress:
        """Return what tells the run's watcher how many of `total` are done, `before` among them."""
        return lambda done: self.run.report_progress(self.step, before + done, total, note)

    def ask(
        self,
        requests: Sequence[TeacherRequest],
        tally: Counter[str],
        progress: OnProgress | None = None,
    ) -> list[Completion]:
        """Return the teacher's replies in the order of the requests, which are booked to the step.

        Raises:
            BudgetReached: the next call could pass the budget.
            TeacherError, EndpointError: the teacher cannot answer.
        """
        step = self.run.qualified_step(self.step)
        return self.ledger.ask(requests, step, tally, progress)

    def verdicts(self, programs: Sequence[Program], note: str = "") -> list[Verdict]:
        """Return the judge's verdicts in the order of the programs; with a note, tell how far."""
        return self.judge.all(programs, self.progress(len(programs), note) if note else None)
