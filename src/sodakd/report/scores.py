"""Who graded the student's answers, and what each check of a trained scorer found."""

from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.records import Feedback, Grader
from sodakd.report.axes import MEDIUM, Axis
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import nominal
from sodakd.report.plots import Line, Point, line_plot
from sodakd.report.reading import Folder
from sodakd.report.run_facts import section
from sodakd.scoring.figures import ScorerCheck, refusal

_MOST = 6
"""Points of the rubric in all."""


@dataclass(frozen=True)
class GraderRow:
    """A line of the table: a student, and how many of its answers each grader graded."""

    student: str
    teacher: int
    scorer: int
    decided: int


@dataclass(frozen=True)
class CheckRow:
    """A line of the table, in words: a check of a scorer, and what followed from it."""

    step: str
    answers: str
    spearman: str
    auc: str
    error: str
    ceiling: str
    outcome: str


def grader_rows(folder: Folder) -> list[GraderRow]:
    """Answers by grader, a line for each student; empty where no scorer was to be trained."""
    if section(folder.recipe, "feedback").get("scorer") != "trained":
        return []
    tallies = folder.tallies

    def decided(step: str) -> int:
        return tallies.get(step, {}).get("decided_by_rubric", 0)

    return [
        GraderRow(
            student=row.name,
            teacher=_count(row.feedback, Grader.TEACHER),
            scorer=_count(row.feedback, Grader.SCORER),
            decided=decided(row.step("feedback")) + decided(row.step("refresh")),
        )
        for row in folder.students
        if row.feedback
    ]


def check_rows(folder: Folder) -> list[CheckRow]:
    """The checks of the run's scorers, in their order."""
    settings = section(folder.recipe, "scorer")
    rows = []
    for step, found in _checks(folder):
        floors = (settings.get(name) for name in ("min_spearman", "min_auc"))
        spearman, auc = (float(one) if isinstance(one, int | float) else None for one in floors)
        low = refusal(found, spearman, auc if found.judged else None)
        rows.append(
            CheckRow(
                step=step,
                answers=f"{found.answers:,}",
                spearman=str(found.spearman),
                auc=str(found.auc),
                error=str(found.mae),
                ceiling="-" if found.consistency is None else str(found.consistency.spearman),
                outcome=low or "it grades",
            )
        )
    return rows


def calibration_figures(folder: Folder) -> list[Figure]:
    """Graded by scored totals, in bins of a point; nothing where no scorer was checked."""
    checks = [(step, found) for step, found in _checks(folder) if found.calibration]
    if not checks:
        return []
    names = [step for step, _ in checks]
    keys = [nominal(name, names) for name in names]
    even = Line("agreement", [Point(0, 0), Point(_MOST, _MOST)], "var(--soft)", dashed=True)
    lines = [
        Line(step, [Point(one.scored, one.graded) for one in found.calibration], key.colour)
        for (step, found), key in zip(checks, keys, strict=True)
    ]
    x, y = Axis("points by the scorer", 0, _MOST), Axis("points by the teacher", 0, _MOST)
    svg = line_plot([even, *lines], x, y, MEDIUM, "calibration of the scorer")
    words = (
        "Means of answers whose scored totals lie within a point; on the dashed line they agree."
    )
    return [Figure("Points by the scorer and by the teacher", plot(svg, keys), words, "medium")]


def _checks(folder: Folder) -> list[tuple[str, ScorerCheck]]:
    return [
        (student.step(name), found)
        for student in folder.students
        for name, found in student.scorer_checks
    ]


def _count(rows: Sequence[Feedback], grader: Grader) -> int:
    return sum(row.score is not None and row.grader is grader for row in rows)
