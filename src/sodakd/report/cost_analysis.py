"""What a run cost: by arm and stage, language, fate of each ask, result, and point of pass@1.

Every table adds up to the ledger's running totals, to the nano-dollar.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from sodakd.evaluate.groups import HELD_OUT, held_out_groups, outcomes_of, with_benchmarks
from sodakd.evaluate.paired import paired_difference
from sodakd.report.call_facts import QUESTIONS, CallFacts, CallReader, Fate
from sodakd.report.kept_rows import Kept, KeptRows, plain_stage
from sodakd.report.palette import FAULTS
from sodakd.report.payback import Payback, Pricing, payback
from sodakd.report.reading import Folder
from sodakd.report.run_facts import exam_parts
from sodakd.teacher.cost import NANO, Amount
from sodakd.teacher.ledger_calls import LedgerCall, read_calls
from sodakd.teacher.spend_report import ledger_in, spend_by
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
    dollars, also where another arm had paid for an answer: of a finished run.
    """

    arm: str
    student: str
    group: str
    points: float
    low: float
    high: float
    nano_dollars: int
    needed: float | None

    @property
    def dollars(self) -> float:
        """What it cost: what its steps needed, or else what is booked."""
        return self.nano_dollars / NANO if self.needed is None else self.needed

    @property
    def per_point(self) -> tuple[float | None, float | None, float | None]:
        """US dollars a point: at the gain, at the high end of its interval, at the low end.

        None where there is no gain.
        """
        ends = (self.points, self.high, self.low)
        at_gain, least, most = (self.dollars / end if end > 0 else None for end in ends)
        return at_gain, least, most


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


def analyse_cost(place: Path, folder: Folder, pricing: Pricing | None = None) -> CostAnalysis:
    """Analyse what a run cost, finished or not, from its folder alone.

    Raises:
        DataError: it has no ledger, or one without calls.
        RunError: the ledger, or a row of the run, cannot be read.
    """
    ledger = ledger_in(place)
    every = spend_by(ledger, "run")[-1]
    kept = KeptRows(place, folder)
    sums = _Sums(folder.arms)
    for facts in CallReader(kept, folder.arms).read(read_calls(ledger)):
        sums.add(facts, kept.steps.get(facts.call.step))
    total = sums.total
    return CostAnalysis(
        total=total,
        tables=tuple(sums.table(by) for by in _TABLES),
        steps=tuple(sums.steps()),
        units=tuple(sums.units(kept)),
        gains=tuple(_gains(folder, sums)),
        payback=payback(place, folder, total, sums.arm, sums.answers, pricing or Pricing()),
        unpriced=every.unpriced,
        untold=every.untold,
        reused=every.reused,
        repeated=sums.repeated,
        unverified=sum(rows.unverified for rows in kept.steps.values()),
    )


_PRODUCTS = {
    "solve": "solution", "fault": "fault", "grade": "grade", "test": "tests",
    "refine": "refinement", "compare": "comparison", **dict.fromkeys(QUESTIONS, "question"),
}  # fmt: skip


def _fate(facts: CallFacts) -> str:
    """`question: refused`."""
    call = facts.call
    agrees = call.kind == "solve" and plain_stage(call.step) in {"questions", "tests"}
    product = "solution for tests" if agrees else _PRODUCTS.get(call.kind, call.kind)
    return product if facts.fate is Fate.PREFLIGHT else f"{product}: {facts.fate}"


_TABLES: dict[str, Callable[[CallFacts], str]] = {
    "cycle": lambda facts: facts.call.cycle.removeprefix(facts.arm).strip("/"),
    "stage": lambda facts: facts.call.stage,
    "ask": lambda facts: facts.call.kind,
    "language": lambda facts: facts.language,
    "why": lambda facts: facts.why.value,
    "fate": _fate,
}


class _Sum:
    """The sum over calls, as they come; and by what they are `paid` for, where that is counted."""

    def __init__(self) -> None:
        self._sums = [0] * len(_FIELDS)
        self.paid: set[tuple[str, str]] = set()

    def add(self, call: LedgerCall) -> None:
        self._sums = [
            one + more for one, more in zip(self._sums, (1, *_AMOUNTS(call)), strict=True)
        ]

    @property
    def amount(self) -> Amount:
        return Amount(**dict(zip(_FIELDS, self._sums, strict=True)))


_FIELDS = tuple(Amount.model_fields)
_AMOUNTS = attrgetter(*_FIELDS[1:])


class _Sums:
    """All sums over the calls of a run."""

    def __init__(self, arms: Sequence[str]) -> None:
        self._arms = ("", *arms)
        self._all, self._answers, self._repeated = _Sum(), _Sum(), _Sum()
        self._tables: dict[str, dict[tuple[str, str], _Sum]] = {
            by: defaultdict(_Sum) for by in _TABLES
        }
        self._steps: dict[tuple[str, str, Fate], _Sum] = defaultdict(_Sum)
        self._own: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
        self._every: dict[tuple[str, str], _Sum] = defaultdict(_Sum)

    @property
    def total(self) -> Amount:
        return self._all.amount

    @property
    def answers(self) -> Amount:
        """The solutions that were paid for."""
        return self._answers.amount

    @property
    def repeated(self) -> Amount:
        """The asks that took more than one paid call."""
        return self._repeated.amount

    def add(self, facts: CallFacts, kept: Kept | None) -> None:
        """Add a call; `kept` is what its step kept, if that is finished."""
        call = facts.call
        self._all.add(call)
        if call.kind == "solve" and call.state == "answered" and call.calls:
            self._answers.add(call)
        if call.calls > 1:
            self._repeated.add(call)
        for by, name_of in _TABLES.items():
            self._tables[by][facts.arm, name_of(facts)].add(call)
        self._steps[facts.arm, call.step, facts.fate].add(call)
        for unit, served in _units(facts, kept or Kept()):
            self._every[facts.arm, unit].add(call)
            if served is not None:
                own = self._own[facts.arm, unit]
                own.add(call)
                own.paid.add((call.step, served))

    def table(self, by: str) -> CostTable:
        """The table by something, in the order of the arms, and in each as the asks were made."""
        rows = self._tables[by]
        return CostTable(
            by=by,
            rows=tuple(
                CostRow(arm=arm, name=name, amount=rows[arm, name].amount)
                for arm, name in sorted(rows, key=lambda key: self._arms.index(key[0]))
            ),
        )

    def steps(self) -> Iterator[StepCost]:
        """What came of the asks of each step, in the order of the arms."""
        for key in sorted(self._steps, key=lambda key: self._arms.index(key[0])):
            yield StepCost(step=key[1], fate=key[2], amount=self._steps[key].amount)

    def arm(self, name: str) -> Amount:
        """All that an arm asked."""
        rows = (row.amount for row in self.table("stage").rows if row.arm == name)
        return sum(rows, Amount())

    def units(self, kept: KeptRows) -> Iterator[UnitCost]:
        """What each kind of result cost, by arm."""
        counts: Counter[tuple[str, str]] = Counter()
        for step, rows in kept.steps.items():
            arm = step.partition("/")[0]
            for unit, count in _counts(step, rows).items():
                counts[arm if arm in self._arms else "", unit] += count
        for arm, unit in sorted(self._every, key=lambda key: self._arms.index(key[0])):
            own = self._own[arm, unit]
            yield UnitCost(
                arm=arm, unit=unit, kept=counts[arm, unit], paid=len(own.paid),
                own=own.amount, every=self._every[arm, unit].amount,
            )  # fmt: skip

    def up_to(self, arm: str, before: Sequence[str], students: Sequence[str]) -> int:
        """Nano-dollars of an arm's cycles: those in `before`, and those that are no student's."""
        return sum(
            row.amount.all_nano_dollars
            for row in self.table("cycle").rows
            if row.arm == arm and (row.name in before or row.name not in students)
        )


def _units(facts: CallFacts, kept: Kept) -> Iterator[tuple[str, str | None]]:
    """The kinds of result that an ask is for, each with the kept one that it served, if any."""
    call, stage = facts.call, plain_stage(facts.call.step)
    question = call.question
    match stage:
        case "pairs":
            pair = facts.pair
            yield "pair", None if pair is None else question
            if call.kind == "fault":
                kind = None if pair is None else pair.fault
                yield FAULT, None if kind is None else question
                if kind is not None:
                    yield f"{FAULT}: {FAULTS[kind]}", question
        case "solutions" | "refinements":
            unit = stage.removesuffix("s")
            yield unit, question if question in kept.programs else None
        case "questions" | "tests":
            unit = "question" if stage == "questions" else "question with tests"
            yield unit, facts.brought or None


def _counts(step: str, kept: Kept) -> Mapping[str, int]:
    """How many results of each kind a step kept."""
    match plain_stage(step):
        case "pairs":
            faults = Counter(pair.fault for pair in kept.pairs.values())
            named = {f"{FAULT}: {FAULTS[kind]}": count for kind, count in faults.items() if kind}
            return {"pair": len(kept.pairs), FAULT: sum(named.values()), **named}
        case "solutions":
            return {"solution": len(kept.programs)}
        case "refinements":
            return {"refinement": len(kept.programs)}
        case "questions":
            return {"question": len(kept.questions)}
        case "tests":
            return {"question with tests": len(kept.questions)}
    return {}


def _gains(folder: Folder, sums: _Sums) -> Iterator[GainCost]:
    """What each student gained over the base on the first group of the exam, and at which cost."""
    there = [row for row in folder.students if len(row.evaluation) == len(folder.exam) > 0]
    base = next((row for row in there if not row.arm), None)
    if base is None:
        return
    outcomes, _ = outcomes_of(folder.exam, {row.name: row.evaluation for row in there})
    held_out = exam_parts(folder).get(HELD_OUT, [])
    count = len(held_out)
    group = with_benchmarks(held_out_groups(held_out), count, folder.exam[count:])[0]
    booked = {row.name: row.money for row in folder.standings}
    prefixes: dict[str, list[str]] = defaultdict(list)
    for row in folder.students:
        prefixes[row.arm].append(row.steps.strip("/"))
    for row in there:
        if not row.arm:
            continue
        own = prefixes[row.arm]
        found = paired_difference(group, outcomes[row.name], outcomes[base.name], base.name)
        yield GainCost(
            arm=row.arm,
            student=row.name,
            group=group.name,
            points=100 * found.difference,
            low=100 * found.low,
            high=100 * found.high,
            nano_dollars=sums.up_to(row.arm, own[: own.index(row.steps.strip("/")) + 1], own),
            needed=booked.get(row.name),
        )
