"""What the run came to: the headline, what is measured by student and by group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from sodakd.records import PairedDifference, PassRate, StudentResult
from sodakd.report.axes import MEDIUM, PANEL, Axis, Canvas, rounded
from sodakd.report.bars import grouped_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import student_keys
from sodakd.report.plots import LegendEntry, Line, Point, forest, legend, line_plot
from sodakd.report.reading import Folder
from sodakd.report.run_facts import GroupRow, group_rows, measure, written_difference

_CLEAR = 0.05
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
            _in_words(kept, each) for each in folder.results.differences if each.group == group
        ]
        found.append(
            Headline(
                group=group,
                base=f"{100 * lines[0].points[0].y:.1f} %",
                final=f"{100 * there[kept].share:.1f} %",
                body=Markup(
                    forest(lines, Axis(_word(folder), 0, 1), _FOREST, f"{measure(folder)}, {group}")
                ),
                words=" ".join(words),
            )
        )
    return found


def result_figures(folder: Folder) -> list[Figure]:
    """Return what is measured by student, a figure for each of the first groups."""
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


@dataclass(frozen=True)
class Parts:
    """The groups that are told apart `by` something: a panel for each, and their table."""

    by: str
    panels: Sequence[Figure]
    rows: Sequence[GroupRow]


def part_results(folder: Folder) -> list[Parts]:
    """Return the pass rate of every student on the smaller groups: of a level, of a language."""
    standings = folder.standings
    if not standings:
        return []
    keys, y = standing_keys(folder), Axis("", 0, 1, percent=True)
    found = []
    for by in dict.fromkeys(row.by for row in standings[0].groups if row.by):
        rows = group_rows(standings, by)
        panels = []
        for row in rows:
            points = [_at(student, row.group, 0) for student in standings]
            body = plot(grouped_bars([""], keys, [points], y, PANEL))
            panels.append(Figure(row.group, body, f"{row.total:,} questions", "panel"))
        found.append(Parts(by, panels, rows))
    return found


def panel_legend(folder: Folder) -> Markup:
    """Return the legend that the panels share."""
    return Markup(legend(standing_keys(folder))) if folder.results else Markup()


def standing_keys(folder: Folder) -> list[LegendEntry]:
    """Return name and colour of each row of the table."""
    keys = student_keys(folder)
    return [replace(keys[row.name], dashed=False) for row in folder.standings]


def _groups(folder: Folder) -> list[str]:
    """The groups that a reader came for, the widest last."""
    return [row.group for row in reversed(folder.standings[0].groups) if not row.by]


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


def _in_words(kept: str, found: PairedDifference) -> str:
    """The kept student less another one, on the same questions, in points."""
    ahead = kept if found.difference > 0 else found.other
    verdict = f"{ahead} is ahead" if found.p < _CLEAR else "no clear difference"
    return f"Against {found.other}: {written_difference(found)}, {verdict}."
