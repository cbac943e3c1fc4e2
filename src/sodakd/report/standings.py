"""What the run came to: the headline, pass@1 by cycle and by level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from sodakd.records import Attempt, Passed, Standing
from sodakd.report.axes import MEDIUM, PANEL, Axis, Canvas, rounded
from sodakd.report.bars import grouped_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import CONTROL, student
from sodakd.report.plots import Key, Line, Point, forest, legend, line_plot
from sodakd.report.reading import Folder

_FOREST = Canvas(470, 148, left=104, right=22, top=4, bottom=24)
GROUPS = ("levels 2-5", "all")


@dataclass(frozen=True)
class Headline:
    """One group of questions: from the base to the final student, with the control beside it."""

    group: str
    base: str
    final: str
    body: Markup
    words: str


def headlines(folder: Folder) -> list[Headline]:
    """The two numbers a reader came for: base to the student kept, and the control beside it."""
    if folder.results is None:
        return []
    own, control = _arms(folder.results.standings)
    final = next((row for row in own if row.name == folder.kept), own[-1])
    shown = [own[0], *([final] if final is not own[0] else []), *control]
    found = []
    for name in GROUPS:
        rows = [(row, _group(row, name)) for row in shown]
        lines = []
        for row, passed in rows:
            key = student(row.name, len(own) - 1)
            if passed is not None:
                lines.append(Line(key.name, [_point(passed, 0)], key.colour))
        if not lines:
            continue
        last = lines[min(1, len(lines) - 1)]
        difference = (
            _difference(folder, final.name, name) if control and final is not own[0] else ""
        )
        found.append(
            Headline(
                group=name,
                base=f"{100 * lines[0].points[0].y:.1f} %",
                final=f"{100 * last.points[0].y:.1f} %",
                body=Markup(forest(lines, Axis("pass@1", 0, 1), _FOREST, f"pass@1 on {name}")),
                words=difference,
            )
        )
    return found


def result_figures(folder: Folder) -> list[Figure]:
    """pass@1 by cycle, for all questions and for those above level 1."""
    if folder.results is None:
        return []
    own, control = _arms(folder.results.standings)
    names = [student(row.name, len(own) - 1).name for row in own]
    names += [student(row.name, 0).name for row in control]
    x = Axis("", -0.25, len(names) - 0.75, names)
    figures = []
    for group in GROUPS:
        points = [_at(row, group, at) for at, row in enumerate(own)]
        line = Line(group, [point for point in points if point], "var(--last)", dots=True)
        lines = [line] if line.points else []
        for row in control:
            point = _at(row, group, len(names) - 1)
            if point is None:
                continue
            flat = [Point(-0.25, point.y), Point(len(names) - 1, point.y)]
            lines.append(Line("static SFT", flat, "var(--control)", dashed=True))
            lines.append(Line("static SFT", [point], "var(--control)", dots=True))
        if not lines:
            continue
        keys = [Key("student", "var(--last)")]
        keys += [Key("static SFT control", "var(--control)", dashed=True)] if control else []
        figures.append(
            Figure(
                f"pass@1 by cycle, {group}",
                plot(line_plot(lines, x, _percent_axis(lines), MEDIUM, f"pass@1, {group}"), keys),
                "Bars: 95 % Wilson intervals. The dashed line is the control at its end."
                if control
                else "Bars: 95 % Wilson intervals.",
                "medium",
            )
        )
    return figures


def level_panels(folder: Folder) -> list[Figure]:
    """pass@1 of every student, a panel for each level."""
    if folder.results is None:
        return []
    standings = folder.results.standings
    levels = [g.group for g in standings[0].groups if g.group.startswith("level ")]
    keys = standing_keys(standings)
    y = Axis("", 0, 1, percent=True)
    figures = []
    for level in levels:
        points = [_at(row, level, 0) for row in standings]
        total = _group(standings[0], level)
        body = plot(grouped_bars([""], keys, [points], y, PANEL))
        words = f"{total.total:,} questions" if total else ""
        figures.append(Figure(level, body, words, "panel"))
    return figures


def level_legend(folder: Folder) -> Markup:
    """The legend that the panels share."""
    if folder.results is None:
        return Markup()
    return Markup(legend(standing_keys(folder.results.standings)))


def standing_keys(standings: Sequence[Standing]) -> list[Key]:
    """Name and colour of each row of the table."""
    own, _ = _arms(standings)
    return [replace(student(row.name, len(own) - 1), dashed=False) for row in standings]


def _arms(standings: Sequence[Standing]) -> tuple[list[Standing], list[Standing]]:
    own = [row for row in standings if row.name != CONTROL]
    return own, [row for row in standings if row.name == CONTROL]


def _group(row: Standing, name: str) -> Passed | None:
    return next((group for group in row.groups if group.group == name), None)


def _at(row: Standing, name: str, at: float) -> Point | None:
    found = _group(row, name)
    return None if found is None else _point(found, at)


def _point(found: Passed, at: float) -> Point:
    return Point(at, found.share, found.low, found.high)


def _percent_axis(lines: Sequence[Line]) -> Axis:
    top = max(point.high or point.y for line in lines for point in line.points)
    return Axis("pass@1, %", 0, min(1.0, rounded(top)), percent=True)


def _difference(folder: Folder, final: str, group: str) -> str:
    """The final student less the control, on the same questions, in points.

    The interval is that of a difference of paired shares (Agresti, *Categorical Data Analysis*,
    section 11.1): only questions that exactly one of the two solves widen it.
    """
    by_name = dict(folder.evaluations)
    own = _passed(by_name.get(final, ()), group)
    other = _passed(by_name.get(CONTROL, ()), group)
    both = own.keys() & other.keys()
    if not both:
        return ""
    won = sum(own[key] and not other[key] for key in both)
    lost = sum(other[key] and not own[key] for key in both)
    count, gap = len(both), won - lost
    half = 1.96 * math.sqrt(max(won + lost - gap**2 / count, 0.0)) / count
    low, high = 100 * (gap / count - half), 100 * (gap / count + half)
    if low <= 0 <= high:
        verdict = "no clear difference"
    else:
        verdict = "the student is ahead" if gap > 0 else "the control is ahead"
    return (
        f"Against the control: {100 * gap / count:+.1f} points"
        f" (95 %: {low:+.1f} to {high:+.1f}, paired), {verdict}."
    )


def _passed(attempts: Sequence[Attempt], group: str) -> dict[str, bool]:
    above = group == GROUPS[0]
    return {
        row.question_id: row.verdict.passed
        for row in attempts
        if not above or (row.level is not None and row.level >= 2)
    }
