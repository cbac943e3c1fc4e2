"""Curves of training: the students of an arm one after another, over the arm's steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from sodakd.records import TrainLogRow
from sodakd.report.axes import MEDIUM, SMALL, Axis, rounded
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import student_keys
from sodakd.report.plots import LegendEntry, Line, Point, line_plot
from sodakd.report.reading import Folder, Student

_POINTS = 240
"""A longer log is drawn as means of neighbours."""

Read = Callable[[TrainLogRow], float | None]


@dataclass(frozen=True)
class _Curve:
    """What is drawn: values of a log row; a second one is drawn dashed."""

    title: str
    unit: str
    words: str
    read: Read
    dashed: Read | None = None
    zero: bool = False
    log: bool = False
    share: bool = False


_CURVES = (
    _Curve(
        "Loss", "nats per token",
        "The whole objective: likelihood and contrast, or the divergence from a teacher's weights.",
        lambda row: row.loss, log=True,
    ),
    _Curve(
        "Chosen (solid) and rejected (dashed) log-probability", "nats per token",
        "The chosen one should not fall while the two part.",
        lambda row: row.chosen_logp, lambda row: row.rejected_logp,
    ),
    _Curve(
        "Likelihood loss", "nats per token", "On the answers' tokens alone, without the contrast.",
        lambda row: row.nll, log=True,
    ),
    _Curve(
        "Contrast", "nats per token", "What the pairs add to the loss, before its weight.",
        lambda row: row.contrast, zero=True,
    ),
    _Curve(
        "Gap", "nats", "Chosen less rejected, where the two are compared.",
        lambda row: row.gap, zero=True,
    ),
    _Curve(
        "Ranking accuracy", "share of pairs, %", "Pairs whose correct answer is the likelier one.",
        lambda row: row.ranking_accuracy, share=True,
    ),
    _Curve(
        "Learning rate", "", "As the schedule gives it.",
        lambda row: row.learning_rate, zero=True,
    ),
    _Curve("Gradient norm", "", "Before clipping.", lambda row: row.grad_norm, log=True),
    _Curve(
        "Speed", "tokens per second", "Prompt and answer tokens, padding not counted.",
        lambda row: row.tokens_per_second, zero=True,
    ),
)  # fmt: skip


def training_keys(folder: Folder) -> list[LegendEntry]:
    """Return the legend that all curves share."""
    keys = student_keys(folder)
    return [replace(keys[row.name], dashed=False) for row in _drawn(folder)]


def training_figures(folder: Folder) -> list[Figure]:
    """A figure for each curve that has values."""
    found = [_figure(folder, curve) for curve in _CURVES]
    return [figure for figure in found if figure is not None]


def _figure(folder: Folder, curve: _Curve) -> Figure | None:
    lines = []
    keys = student_keys(folder)
    ended: dict[str, int] = {}
    for student in _drawn(folder):
        key, rows, before = keys[student.name], student.log, ended.get(student.arm, 0)
        ended[student.arm] = before + rows[-1].step
        for read, dashed in ((curve.read, False), (curve.dashed, True)):
            points = _points(rows, read, before) if read is not None else []
            if points:
                said = f"{key.name}, rejected" if dashed else key.name
                lines.append(Line(said, points, key.colour, dashed=dashed))
    if not lines:
        return None
    last = max(point.x for line in lines for point in line.points)
    canvas = MEDIUM if curve.dashed is not None or curve.title == "Loss" else SMALL
    svg = line_plot(
        lines,
        Axis("training step of the arm", 0, last or 1),
        _y_axis(curve, lines),
        canvas,
        curve.title,
    )
    return Figure(curve.title, plot(svg), curve.words, "small" if canvas is SMALL else "medium")


def _drawn(folder: Folder) -> list[Student]:
    """The trainings that are compared; the base's, which is longer, where there is no other."""
    trained = [student for student in folder.students if student.log]
    return [student for student in trained if student.arm] or trained


def _y_axis(curve: _Curve, lines: Sequence[Line]) -> Axis:
    values = [point.y for line in lines for point in line.points]
    low, high = min(values), max(values)
    if curve.share:
        floor = next((at / 10 for at in range(9, -1, -1) if at / 10 <= low), 0.0)
        return Axis(curve.unit, floor, 1, percent=True)
    if curve.log and low > 0 and high / low > 20:
        return Axis(f"{curve.unit}, log scale".removeprefix(", "), low * 0.9, high * 1.1, log=True)
    if curve.zero:
        return Axis(curve.unit, min(0.0, low), rounded(high))
    margin = 0.04 * (high - low) or 0.5
    return Axis(curve.unit, low - margin, high + margin)


def _points(rows: Sequence[TrainLogRow], read: Read, before: int) -> list[Point]:
    values = [(before + row.step, read(row)) for row in rows]
    known = [(step, value) for step, value in values if value is not None]
    width = -(-len(known) // _POINTS) or 1
    return [
        Point(fmean(step for step, _ in part), fmean(value for _, value in part))
        for part in (known[at : at + width] for at in range(0, len(known), width))
    ]
