"""The values of a cost analysis: what a run cost, as tables and figures."""

from sodakd.report.call_facts import Fate
from sodakd.report.payback import Payback
from sodakd.teacher.cost import Amount
from sodakd.types import FrozenModel

FAULT = "fault"


class CostRow(FrozenModel):
    """What the asks of one name took in an arm; those of no arm have an empty one."""

    arm: str
    name: str
    amount: Amount


class CostTable(FrozenModel):
    """All of a run's asks, told apart `by` something."""

    by: str
    rows: tuple[CostRow, ...]


class StepCost(FrozenModel):
    """What the asks of a step took of which the same came."""

    step: str
    fate: Fate
    amount: Amount


class UnitCost(FrozenModel):
    """What one kind of result cost in an arm.

    `kept` of them stand in its files; for `paid` of these an ask is booked in this arm (an answer
    that two steps need is booked with the first). `own` is what the asks for those took, `every`
    what all asks for such a result took, also those that brought none.
    """

    arm: str
    unit: str
    kept: int
    paid: int
    own: Amount
    every: Amount


class GainCost(FrozenModel):
    """What a student's gain over the base cost: in points of pass@1, with its 95 % interval.

    `nano_dollars` are booked with its arm up to it. `needed` is what its steps needed, in US
    dollars, also where another arm had paid for an answer: of a finished run. `per_point` is in US
    dollars, by what was needed, else by what is booked; `per_point_low` at the high end of the
    gain, `per_point_high` at its low end. None where there is no gain.
    """

    arm: str
    student: str
    group: str
    points: float
    low: float
    high: float
    nano_dollars: int
    needed: float | None
    per_point: float | None
    per_point_low: float | None
    per_point_high: float | None


class CostAnalysis(FrozenModel):
    """What a run cost. `tables` tell all of it apart, each by something else.

    `unpriced` of the asks have no price, `untold` calls no tokens, `reused` asks were answered by
    another run; `repeated` asks took more than one paid call; `unverified` of the kept faults show
    no difference.
    """

    total: Amount
    tables: tuple[CostTable, ...]
    steps: tuple[StepCost, ...]
    units: tuple[UnitCost, ...]
    gains: tuple[GainCost, ...]
    payback: Payback
    unpriced: int
    untold: int
    reused: int
    repeated: Amount
    unverified: int

    @property
    def price_unknown(self) -> bool:
        """Whether nobody knows what any ask cost."""
        return self.unpriced > 0 and not self.total.all_nano_dollars

    def table(self, by: str) -> CostTable:
        """The table by something."""
        return next(table for table in self.tables if table.by == by)
