"""What the run came to: the headline, what is measured by student and by level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from sodakd.records import EvalSample, PassRate, StudentResult
from sodakd.report.axes import MEDIUM, PANEL, Axis, Canvas, rounded
from sodakd.report.bars import grouped_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import student_keys
from sodakd.report.plots import LegendEntry, Line, Point, forest, legend, line_plot
from sodakd.report.reading import Folder
from sodakd.report.run_facts import measure

_FOREST = Canvas(470, 148, left=104, right=22, top=4, bottom=24)


@dataclass(frozen=True)
class Headline:
    """One group of questions: from the base to the kept student, with the other arms beside it."""

    group: str
    base: str
    final: str
    body: Markup
    words: str


def headlines(folder: Folder) -> list[Headline]:
    """Return the two numbers a reader came for: from the base to the student kept."""
    if folder.results is None:
        return []
    standings = {row.name: row for row in folder.results.standings}
    keys = student_keys(folder)
    kept = folder.results.kept
    names = [folder.results.standings[0].name, kept, *(row.name for row in folder.others)]
    found = []
    for group in _groups(folder):
        passed = {name: standings[name].group(group) for name in names}
        there = {name: row for name, row in passed.items() if row is not None}
        if not there:
            continue
        lines = [Line(name, [_point(row, 0)], keys[name].colour) for name, row in there.items()]
        words = [
            _difference(folder, kept, other.name, there[kept].levels) for other in folder.others
        ]
        found.append(
            Headline(
                group=group,
                base=f"{100 * lines[0].points[0].y:.1f} %",
                final=f"{100 * there[kept].share:.1f} %",
                body=Markup(
                    forest(lines, Axis(_word(folder), 0, 1), _FOREST, f"{measure(folder)}, {group}")
                ),
                words=" ".join(filter(None, words)),
            )
        )
    return found


def result_figures(folder: Folder) -> list[Figure]:
    """Return what is measured by student, of held-out levels and of all questions."""
    standings = {row.name: row for row in folder.standings}
    if not standings:
        return []
    keys = student_keys(folder)
    own, others = [row.name for row in folder.own], [row.name for row in folder.others]
    names = [*own, *others]
    x = Axis("", -0.25, len(names) - 0.75, names)
    figures = []
    for group in _groups(folder):
        points = [_at(standings[name], group, at) for at, name in enumerate(own)]
        line = Line(group, [point for point in points if point], "var(--last)", dots=True)
        lines = [line] if line.points else []
        for at, name in enumerate(others, start=len(own)):
            point = _at(standings[name], group, at)
            if point is None:
                continue
            flat = [Point(-0.25, point.y), Point(len(names) - 1, point.y)]
            lines.append(Line(name, flat, keys[name].colour, dashed=True))
            lines.append(Line(name, [point], keys[name].colour, dots=True))
        if not lines:
            continue
        words = "Bars: 95 % Wilson intervals."
        figures.append(
            Figure(
                f"{measure(folder)}, by student, {group}",
                plot(
                    line_plot(
                        lines, x, _axis(folder, lines), MEDIUM, f"{measure(folder)}, {group}"
                    ),
                    [LegendEntry(folder.arms[0], "var(--last)"), *(keys[name] for name in others)],
                ),
                f"{words} A dashed line is another arm at its end." if others else words,
                "medium",
            )
        )
    return figures


def level_panels(folder: Folder) -> list[Figure]:
    """pass@1 of every student, a panel for each level."""
    standings = folder.standings
    if not standings:
        return []
    levels = [g.group for g in standings[0].groups if len(g.levels) == 1]
    keys = standing_keys(folder)
    y = Axis("", 0, 1, percent=True)
    figures = []
    for level in levels:
        points = [_at(row, level, 0) for row in standings]
        total = standings[0].group(level)
        body = plot(grouped_bars([""], keys, [points], y, PANEL))
        words = f"{total.total:,} questions" if total else ""
        figures.append(Figure(level, body, words, "panel"))
    return figures


def level_legend(folder: Folder) -> Markup:
    """Return the legend that the panels share."""
    return Markup(legend(standing_keys(folder))) if folder.results else Markup()


def standing_keys(folder: Folder) -> list[LegendEntry]:
    """Return name and colour of each row of the table."""
    keys = student_keys(folder)
    return [replace(keys[row.name], dashed=False) for row in folder.standings]


def _groups(folder: Folder) -> list[str]:
    """The groups of more than a level, the narrowest first."""
    return [row.group for row in reversed(folder.standings[0].groups) if len(row.levels) != 1]


def _at(row: StudentResult, name: str, at: float) -> Point | None:
    found = row.group(name)
    return None if found is None else _point(found, at)


def _point(found: PassRate, at: float) -> Point:
    return Point(at, found.share, found.low, found.high)


def _word(folder: Folder) -> str:
    """What is measured, for an axis: without how many questions have no tests."""
    return measure(folder).partition(" (")[0]


def _axis(folder: Folder, lines: Sequence[Line]) -> Axis:
    top = max(point.high or point.y for line in lines for point in line.points)
    return Axis(f"{_word(folder)}, %", 0, min(1.0, rounded(top)), percent=True)


def _difference(folder: Folder, kept: str, other: str, levels: Sequence[int]) -> str:
    """The kept student less another one, on the same questions, in points.

    The interval is that of a difference of paired shares (Agresti, *Categorical Data Analysis*,
    section 11.1): only questions that exactly one of the two solves widen it.
    """
    by_name = {row.name: row.evaluation for row in folder.students}
    mine = _passed(by_name.get(kept, ()), levels)
    theirs = _passed(by_name.get(other, ()), levels)
    both = mine.keys() & theirs.keys()
    if not both or kept == other:
        return ""
    won = sum(mine[key] and not theirs[key] for key in both)
    lost = sum(theirs[key] and not mine[key] for key in both)
    count, gap = len(both), won - lost
    half = 1.96 * math.sqrt(max(won + lost - gap**2 / count, 0.0)) / count
    low, high = 100 * (gap / count - half), 100 * (gap / count + half)
    if low <= 0 <= high:
        verdict = "no clear difference"
    else:
        verdict = f"{kept if gap > 0 else other} is ahead"
    return (
        f"Against {other}: {100 * gap / count:+.1f} points"
        f" (95 %: {low:+.1f} to {high:+.1f}, paired), {verdict}."
    )


def _passed(attempts: Sequence[EvalSample], levels: Sequence[int]) -> dict[str, bool]:
    return {
        row.question_id: row.verdict.passed for row in attempts if not levels or row.level in levels
    }
