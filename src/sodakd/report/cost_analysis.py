"""What a run cost: by arm and stage, language, fate of each ask, result, and point of pass@1.

Every table adds up to the ledger's running totals, to the nano-dollar.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from sodakd.evaluate.groups import (
    HELD_OUT,
    Outcomes,
    held_out_groups,
    outcomes_of,
    with_benchmarks,
)
from sodakd.evaluate.paired import paired_difference
from sodakd.report.call_facts import CallReader
from sodakd.report.cost_sums import CostSums
from sodakd.report.cost_values import CostAnalysis, GainCost
from sodakd.report.kept_rows import KeptRows
from sodakd.report.payback import Pricing, payback
from sodakd.report.reading import Folder
from sodakd.report.run_facts import exam_parts
from sodakd.teacher.cost import NANO
from sodakd.teacher.ledger_calls import read_calls, repeated_asks
from sodakd.teacher.spend_report import ledger_in, spend_by


def analyse_cost(place: Path, folder: Folder, pricing: Pricing | None = None) -> CostAnalysis:
    """Analyse what a run cost, finished or not, from its folder alone.

    Raises:
        DataError: it has no ledger, or one without calls.
        RunError: the ledger, or a row of the run, cannot be read.
    """
    ledger = ledger_in(place)
    every = spend_by(ledger, "run")[-1]
    kept = KeptRows(place, folder)
    reader = CallReader(kept, folder.arms, repeated_asks(ledger))
    sums = CostSums(folder.arms)
    for facts in reader.read(read_calls(ledger)):
        sums.add(facts, kept.steps.get(facts.call.step))
    total = sums.total
    return CostAnalysis(
        total=total,
        tables=tuple(sums.tables()),
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


def _gains(folder: Folder, sums: CostSums) -> Iterator[GainCost]:
    """What each student gained over the base on the first group of the exam, and at which cost."""
    there = [row for row in folder.students if len(row.evaluation) == len(folder.exam) > 0]
    base = next((row for row in there if not row.arm), None)
    if base is None:
        return
    outcomes, _ = outcomes_of(folder.exam, {row.name: row.evaluation for row in there})
    held_out = exam_parts(folder).get(HELD_OUT, [])
    count = len(held_out)
    group = with_benchmarks(held_out_groups(held_out), count, folder.exam[count:])[0]
    if not all(_is_told(column, outcomes[base.name]) for column in group.columns):
        return  # no test of it can run here
    needed = {row.name: row.money for row in folder.standings}
    prefixes: dict[str, list[str]] = defaultdict(list)
    for row in folder.students:
        prefixes[row.arm].append(row.steps.strip("/"))
    for row in there:
        if not row.arm:
            continue
        own = prefixes[row.arm]
        found = paired_difference(group, outcomes[row.name], outcomes[base.name], base.name)
        booked = sums.up_to(row.arm, own[: own.index(row.steps.strip("/")) + 1], own)
        cost = needed.get(row.name, booked / NANO)
        ends = [100 * end for end in (found.difference, found.low, found.high)]
        at_gain, most, least = (cost / end if end > 0 else None for end in ends)
        yield GainCost(
            arm=row.arm, student=row.name, group=group.name,
            points=ends[0], low=ends[1], high=ends[2],
            nano_dollars=booked, needed=needed.get(row.name),
            per_point=at_gain, per_point_low=least, per_point_high=most,
        )  # fmt: skip


def _is_told(places: Sequence[int], outcomes: Outcomes) -> bool:
    """Whether anything can be said of any answer to these questions."""
    return any(outcomes[place] is not None for place in places)
