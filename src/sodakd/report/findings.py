"""What static tools found in the student's answers: by cycle, by tool and rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.judge.lint.counts import RuleCount, count
from sodakd.records import Feedback
from sodakd.report.axes import MEDIUM
from sodakd.report.bars import lying_bars, stacked_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import FINDINGS, student
from sodakd.report.reading import Cycle, Folder
from sodakd.types import Severity

_BARS = 12
_ROWS = 60
"""Rules that the plot and the table show; the rest is counted in the table's last line."""


@dataclass(frozen=True)
class RuleRow:
    """A line of the table: a rule, how often it was found in each cycle, in how many answers."""

    rule: RuleCount
    cycles: tuple[int, ...]


@dataclass(frozen=True)
class RuleTable:
    """Rules by cycle; `left` are those that are not shown; `notes` say what did not look."""

    cycles: tuple[int, ...]
    rows: tuple[RuleRow, ...]
    left: int
    notes: tuple[str, ...]


def finding_figures(folder: Folder) -> list[Figure]:
    """Answers with faults, with remarks, with neither; the rules that found the most."""
    cycles = _looked(folder)
    if not cycles:
        return []
    keys = list(FINDINGS.values())
    shares = stacked_bars(
        [f"cycle {cycle.number}" for cycle in cycles],
        keys,
        [_worst(cycle.feedback) for cycle in cycles],
        "answers",
        MEDIUM,
    )
    words = "The worst that static tools found in the student's first answer to each probe."
    figures = [Figure("Answers and what tools found", plot(shares, keys), words, "medium")]
    rows = sorted(rule_table(folder).rows, key=lambda row: -row.rule.findings)[:_BARS]
    if rows:
        names = [student(f"cycle-{cycle.number}", len(folder.cycles)) for cycle in cycles]
        bars = lying_bars(
            [f"{row.rule.tool} {row.rule.rule}"[:20] for row in rows],
            names,
            [row.cycles for row in rows],
            "findings",
            MEDIUM.width,
        )
        said = "Advice: it changes no verdict."
        figures.append(Figure("Rules that found the most", plot(bars, names), said, "medium"))
    return figures


def rule_table(folder: Folder) -> RuleTable:
    """Every rule that found something."""
    cycles = _looked(folder)
    found = [row.findings for cycle in cycles for row in cycle.feedback]
    each = [
        {
            (one.tool, one.rule, one.severity): one.findings
            for one in count(row.findings for row in cycle.feedback)
        }
        for cycle in cycles
    ]
    rules = count(found)
    rows = [
        RuleRow(rule, tuple(own.get((rule.tool, rule.rule, rule.severity), 0) for own in each))
        for rule in rules
    ]
    numbers = tuple(cycle.number for cycle in cycles)
    return RuleTable(numbers, tuple(rows[:_ROWS]), max(0, len(rows) - _ROWS), _missing(folder))


def _looked(folder: Folder) -> list[Cycle]:
    """The cycles whose answers were read by tools: older runs, and those without, have none."""
    tallies = {step.step: step.tally for step in folder.steps}
    return [
        cycle
        for cycle in folder.cycles
        if "findings" in tallies.get(f"cycle-{cycle.number}/feedback", {})
        or any(row.findings for row in cycle.feedback)
    ]


def _missing(folder: Folder) -> tuple[str, ...]:
    prefix = "lint_missing "
    return tuple(
        sorted(
            {
                key.removeprefix(prefix)
                for step in folder.steps
                for key in step.tally
                if key.startswith(prefix)
            }
        )
    )


def _worst(rows: Sequence[Feedback]) -> list[int]:
    """Answers with a fault, with remarks alone, with neither."""
    faults = sum(any(one.severity is Severity.ERROR for one in row.findings) for row in rows)
    found = sum(bool(row.findings) for row in rows)
    return [faults, found - faults, len(rows) - found]
