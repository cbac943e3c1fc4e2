"""Sums over the calls of a run: by what is known of each, and by the result that each was for."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from sodakd.report.call_facts import QUESTIONS, CallFacts, Fate, Why
from sodakd.report.cost_values import FAULT, CostRow, CostTable, StepCost, UnitCost
from sodakd.report.kept_rows import Kept, KeptRows, plain_stage
from sodakd.report.palette import FAULTS
from sodakd.teacher.cost import Amount
from sodakd.teacher.ledger_calls import LedgerCall

Key = TypeVar("Key")

_PRODUCTS = {
    "solve": "solution", "fault": "fault", "grade": "grade", "test": "tests",
    "refine": "refinement", "compare": "comparison", **dict.fromkeys(QUESTIONS, "question"),
}  # fmt: skip


class _Known(NamedTuple):
    """What is known of a group of calls."""

    arm: str
    step: str
    kind: str
    language: str
    why: Why
    fate: Fate

    @property
    def cycle(self) -> str:
        return self.step.rpartition("/")[0].removeprefix(self.arm).strip("/")

    @property
    def product(self) -> str:
        """What came of it: `question: refused`."""
        agrees = self.kind == "solve" and plain_stage(self.step) in {"questions", "tests"}
        product = "solution for tests" if agrees else _PRODUCTS.get(self.kind, self.kind)
        return product if self.fate is Fate.PREFLIGHT else f"{product}: {self.fate}"


TABLES: Mapping[str, Callable[[_Known], str]] = {
    "cycle": lambda known: known.cycle,
    "stage": lambda known: known.step.rpartition("/")[2],
    "ask": lambda known: known.kind,
    "language": lambda known: known.language,
    "why": lambda known: known.why.value,
    "fate": lambda known: known.product,
}
"""How all that was asked is told apart; the first two as `sodakd ledger` does."""


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


class CostSums:
    """All sums over the calls of a run. Calls of which the same is known are one group."""

    def __init__(self, arms: Sequence[str]) -> None:
        self._arms = ("", *arms)
        self._groups: dict[_Known, _Sum] = defaultdict(_Sum)
        self._answers, self._repeated = _Sum(), _Sum()
        self._own: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
        self._every: dict[tuple[str, str], _Sum] = defaultdict(_Sum)

    def add(self, facts: CallFacts, kept: Kept | None) -> None:
        """Add a call; `kept` is what its step kept, if that is finished."""
        call = facts.call
        known = _Known(facts.arm, call.step, call.kind, facts.language, facts.why, facts.fate)
        self._groups[known].add(call)
        if call.kind == "solve" and call.state == "answered" and call.calls:
            self._answers.add(call)
        if call.calls > 1:
            self._repeated.add(call)
        for unit, served in _units(facts, kept or Kept()):
            self._every[facts.arm, unit].add(call)
            if served is not None:
                own = self._own[facts.arm, unit]
                own.add(call)
                if call.calls or call.lost:  # another run's answer was taken at no cost
                    own.paid.add((call.step, served))

    @property
    def total(self) -> Amount:
        return sum((group.amount for group in self._groups.values()), Amount())

    @property
    def answers(self) -> Amount:
        """The solutions that were paid for."""
        return self._answers.amount

    @property
    def repeated(self) -> Amount:
        """The asks that took more than one paid call."""
        return self._repeated.amount

    def tables(self) -> Iterator[CostTable]:
        """All that was asked, told apart in each way that there is."""
        for by, name_of in TABLES.items():
            yield CostTable(by=by, rows=self._rows(name_of))

    def _rows(self, name_of: Callable[["_Known"], str]) -> tuple[CostRow, ...]:
        amounts = self._by(lambda known: (known.arm, name_of(known)))
        return tuple(
            CostRow(arm=arm, name=name, amount=amount) for (arm, name), amount in amounts.items()
        )

    def steps(self) -> Iterator[StepCost]:
        """What came of the asks of each step."""
        for (step, fate), amount in self._by(lambda known: (known.step, known.fate)).items():
            yield StepCost(step=step, fate=fate, amount=amount)

    def arm(self, name: str) -> Amount:
        """All that an arm asked."""
        return self._by(lambda known: known.arm).get(name, Amount())

    def _by(self, key_of: Callable[["_Known"], Key]) -> dict[Key, Amount]:
        """Sums by a key, in the order of the arms, and in each as it was first asked."""
        found: dict[Key, Amount] = {}
        for known in sorted(self._groups, key=lambda known: self._arms.index(known.arm)):
            key = key_of(known)
            found[key] = found.get(key, Amount()) + self._groups[known].amount
        return found

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
            amount.all_nano_dollars
            for (of, cycle), amount in self._by(lambda known: (known.arm, known.cycle)).items()
            if of == arm and (cycle in before or cycle not in students)
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
