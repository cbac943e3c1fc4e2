"""`StageContext`: what every stage works with."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sodakd.inference.completions import Completion
from sodakd.judge.program import Program, ProgramJudge
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.teacher.cost import NANO, Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import RequestT
from sodakd.teacher.requests import TeacherRequest
from sodakd.types import Verdict

_GROWTH = 4
"""How many times as many calls are made, at most, as before: these told what a call costs."""
_FEW = 16
"""Calls that tell it so well that what those of the first arm took counts no more."""
OnProgress = Callable[[int], None]
"""Takes the number of items done."""


@dataclass(frozen=True)
class StageBudget:
    """What is `left` of an arm's budget: US dollars where there are `prices`, else tokens.

    `typical`: what a call of the first arm took.
    """

    left: float
    typical: float
    prices: Prices | None

    def cost_of(self, answer: Completion) -> float:
        """What a call took of the budget; nothing where the server does not tell its usage."""
        if answer.usage is None:
            return 0.0
        if self.prices is None:
            return answer.usage.tokens
        return self.prices.usage_cost(answer.usage) / NANO


@dataclass(frozen=True)
class StageContext:
    """A step's recipe, run folder, ledger and judge, and the seed that it samples with.

    `budget` is that of the arm, where it counts tokens or money.
    """

    recipe: Recipe
    run: Run
    step: str
    seed: int
    ledger: Ledger
    judge: ProgramJudge
    budget: StageBudget | None = None

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

    def affordable(self, requests: Sequence[RequestT], note: str) -> Sequence[RequestT]:
        """Return the first of these requests, as many as the arm's budget pays for: it is passed
        by less than the last one's cost.

        What a call costs is known when it was made: so many are made at a time as fit in the rest
        if each is as dear as the dearest before, one at a time in the end. The replies are kept by
        the ledger, and asking again for them is free.

        Raises:
            BudgetReached: the next call could pass the run's budget.
        """
        budget = self.budget
        if budget is None:
            return requests
        made, left, dearest = 0, budget.left, 0.0
        while made < len(requests) and left > 0:
            dear = dearest if made >= _FEW else max(dearest, budget.typical)
            fit = int(left / dear) if dear else 0
            part = requests[made : made + max(1, min(fit, _GROWTH * made))]
            progress = self.progress(len(requests), note, made)
            for answer in self.ask(part, Counter(), progress):
                cost = budget.cost_of(answer)
                left, dearest = left - cost, max(dearest, cost)
            made += len(part)
        return requests[:made]

    def verdicts(self, programs: Sequence[Program], note: str = "") -> list[Verdict]:
        """Return the judge's verdicts in the order of the programs; a `note` shows progress."""
        return self.judge.judge_all(programs, self.progress(len(programs), note) if note else None)
