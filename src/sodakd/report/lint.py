"""What static tools found in the student's answers: by student, by tool and rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.records import Feedback
from sodakd.report.axes import MEDIUM
from sodakd.report.bars import horizontal_bars, stacked_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import FINDINGS, student_keys
from sodakd.report.reading import Folder, Student
from sodakd.rule_counts import RuleCount, count
from sodakd.types import Severity

_BARS = 12
_ROWS = 60
"""Rules that the plot and the table show; the rest is counted in the table's last line."""


@dataclass(frozen=True)
class RuleRow:
    """A line of the table: a rule, how often it was found of each student, in how many answers."""

    rule: RuleCount
    students: tuple[int, ...]


@dataclass(frozen=True)
class RuleTable:
    """Rules by student; `left` are those that are not shown; `notes` say what did not look."""

    students: tuple[str, ...]
    rows: tuple[RuleRow, ...]
    left: int
    notes: tuple[str, ...]


def finding_figures(folder: Folder) -> list[Figure]:
    """Answers with faults, with remarks, with neither; the rules that found the most."""
    students = _looked(folder)
    if not students:
        return []
    keys = list(FINDINGS.values())
    shares = stacked_bars(
        [row.name for row in students],
        keys,
        [_worst(row.feedback) for row in students],
        "answers",
        MEDIUM,
    )
    words = "The worst that static tools found in the student's first answer to each probe."
    figures = [Figure("Answers and what tools found", plot(shares, keys), words, "medium")]
    rows = sorted(rule_table(folder).rows, key=lambda row: -row.rule.findings)[:_BARS]
    if rows:
        keys_of = student_keys(folder)
        names = [keys_of[row.name] for row in students]
        bars = horizontal_bars(
            [f"{row.rule.tool} {row.rule.rule}"[:20] for row in rows],
            names,
            [row.students for row in rows],
            "findings",
            MEDIUM.width,
        )
        said = "Advice: it changes no verdict."
        figures.append(Figure("Rules that found the most", plot(bars, names), said, "medium"))
    return figures


def rule_table(folder: Folder) -> RuleTable:
    """Every rule that found something."""
    students = _looked(folder)
    found = [row.findings for student in students for row in student.feedback]
    each = [
        {
            (one.tool, one.rule, one.severity): one.findings
            for one in count(row.findings for row in student.feedback)
        }
        for student in students
    ]
    rules = count(found)
    rows = [
        RuleRow(rule, tuple(own.get((rule.tool, rule.rule, rule.severity), 0) for own in each))
        for rule in rules
    ]
    names = tuple(student.name for student in students)
    return RuleTable(names, tuple(rows[:_ROWS]), max(0, len(rows) - _ROWS), _missing(folder))


def _looked(folder: Folder) -> list[Student]:
    """The students whose answers were read by tools: older runs, and those without, have none."""
    return [
        student
        for student in folder.students
        if "findings" in folder.tallies.get(student.step("feedback"), {})
        or any(row.findings for row in student.feedback)
    ]


def _missing(folder: Folder) -> tuple[str, ...]:
    prefix = "lint_missing "
    keys = {key for step in folder.steps for key in step.tally if key.startswith(prefix)}
    return tuple(sorted(key.removeprefix(prefix) for key in keys))


def _worst(rows: Sequence[Feedback]) -> list[int]:
    """Answers with a fault, with remarks alone, with neither."""
    faults = sum(any(one.severity is Severity.ERROR for one in row.findings) for row in rows)
    found = sum(bool(row.findings) for row in rows)
    return [faults, found - faults, len(rows) - found]
