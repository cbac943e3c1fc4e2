"""The figures of the report, each made from what a run left behind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sodakd.report.plots import Axis, Line, Point, grouped_bars, histogram, line_plot, stacked_bars
from sodakd.report.reading import Folder
from sodakd.types import Attempt, Difficulty, FaultKind, Outcome, Passed, TrainRow


@dataclass(frozen=True)
class Figure:
    """A plot as SVG text, its title, and a sentence on how to read it."""

    title: str
    svg: str
    words: str


def pass_figures(folder: Folder) -> list[Figure]:
    """pass@1 by cycle, and by level."""
    if folder.results is None:
        return []
    standings = folder.results.standings
    own = [row for row in standings if row.name != "sft"]
    control = next((row for row in standings if row.name == "sft"), None)
    names = [row.name for row in own]
    x = Axis("", 0, max(1, len(own) - 1), names)
    lines = []
    for number, group in enumerate(own[0].groups[:2]):
        points = [_point(_group(row.groups, group.group), at) for at, row in enumerate(own)]
        lines.append(Line(group.group, points, dots=True, colour=number))
        if control is not None:
            point = _point(_group(control.groups, group.group), 0)
            flat = [point, Point(len(own) - 1, point.y)]
            name = f"static control, {group.group} (dashed)"
            lines.append(Line(name, flat, dashed=True, colour=number))
    levels = [group.group for group in own[0].groups if group.group.startswith("level ")]
    bars = [[_point(_group(row.groups, level), 0) for row in standings] for level in levels]
    return [
        Figure(
            "pass@1 by cycle",
            line_plot(lines, x, Axis("pass@1, %", 0, 1)),
            (
                "Bars are 95 % Wilson intervals. The dashed lines are the static control at "
                "the end of its training."
            ),
        ),
        Figure(
            "pass@1 by level",
            grouped_bars(levels, [row.name for row in standings], bars, "pass@1, %"),
            (
                "At levels 2 to 5 no program of the exam was ever trained on. Level 1 holds "
                "too few programs to keep any out."
            ),
        ),
    ]


def difficulty_figures(folder: Folder) -> list[Figure]:
    """How hard the probes were, and the levels of what was asked for next."""
    cycles = [cycle for cycle in folder.cycles if cycle.feedback]
    if not cycles:
        return []
    kinds = list(Difficulty)
    counts = [Counter(row.difficulty for row in cycle.feedback) for cycle in cycles]
    names = [f"cycle {cycle.number}" for cycle in cycles]
    flow = stacked_bars(names, kinds, [[c[kind] for kind in kinds] for c in counts], "probes")
    figures = [
        Figure(
            "Difficulty of the probes",
            flow,
            ("Questions the student answered before it was ever trained on them."),
        )
    ]
    asked = [cycle for cycle in folder.cycles if cycle.questions]
    if asked:
        levels = [Counter(question.level for question in cycle.questions) for cycle in asked]
        shown = [[found[level] for level in range(1, 6)] for found in levels]
        bars = stacked_bars(
            [f"after cycle {cycle.number}" for cycle in asked],
            [f"level {level}" for level in range(1, 6)],
            shown,
            "questions",
        )
        figures.append(
            Figure(
                "Levels of the new questions",
                bars,
                ("A share is drawn evenly over all levels, the rest where the feedback points."),
            )
        )
    return figures


def outcome_figures(folder: Folder) -> list[Figure]:
    """How the students' answers ended, on the exam."""
    named: list[tuple[str, Sequence[Attempt]]] = [("base", folder.base_evaluation)]
    named += [(f"cycle-{cycle.number}", cycle.evaluation) for cycle in folder.cycles]
    named.append(("sft", folder.control_evaluation))
    there = [(name, rows) for name, rows in named if rows]
    if not there:
        return []
    counts = [Counter(row.verdict.outcome for row in rows) for _, rows in there]
    seen = [outcome for outcome in Outcome if any(found[outcome] for found in counts)]
    bars = stacked_bars(
        [name for name, _ in there],
        seen,
        [[found[outcome] for outcome in seen] for found in counts],
        "answers",
    )
    return [
        Figure(
            "How answers on the exam ended",
            bars,
            ("A compile error is not yet a program; a wrong answer ran and gave another value."),
        )
    ]


def training_figures(folder: Folder) -> list[Figure]:
    """Curves of every training: loss, log-probabilities, gap, ranking accuracy, speed."""
    logs: list[tuple[str, Sequence[TrainRow]]] = [("base", folder.base_log)]
    logs += [(f"cycle-{cycle.number}", cycle.log) for cycle in folder.cycles]
    logs.append(("sft", folder.control_log))
    there = [(name, rows) for name, rows in logs if rows]
    if not there:
        return []

    def curve(title: str, field: str, words: str, low: float | None = None) -> Figure | None:
        lines = []
        for name, rows in there:
            values = [(row.step, getattr(row, field)) for row in rows]
            points = [Point(step, value) for step, value in values if value is not None]
            if points:
                lines.append(Line(name, points))
        if not lines:
            return None
        ys = sorted(point.y for line in lines for point in line.points)
        top = ys[int(0.985 * (len(ys) - 1))] if field == "nll" else ys[-1]
        bottom = ys[0] if low is None else low
        steps = max(point.x for line in lines for point in line.points)
        return Figure(
            title, line_plot(lines, Axis("step", 0, steps), Axis(title, bottom, top)), words
        )

    found = [
        curve(
            "NLL, nats per token",
            "nll",
            ("On the answers' tokens alone. The first steps of the base are cut off."),
            0.0,
        ),
        curve("chosen log-probability", "chosen_logp", "Mean per token, nats. It should not fall."),
        curve(
            "rejected log-probability",
            "rejected_logp",
            (
                "Of the token where the faulty answer first differs, or of the faulty "
                "answer, as the loss has it."
            ),
        ),
        curve("gap, nats", "gap", "Chosen less rejected, where they are compared.", 0.0),
        curve(
            "ranking accuracy",
            "ranking_accuracy",
            ("Share of pairs whose correct answer is the likelier."),
        ),
        curve("learning rate", "learning_rate", "As the schedule gives it.", 0.0),
        curve(
            "tokens per second",
            "tokens_per_second",
            ("Prompt and answer tokens; the control works on a core beside the method."),
            0.0,
        ),
    ]
    return [figure for figure in found if figure is not None]


def fault_figures(folder: Folder) -> list[Figure]:
    """Faults by kind, and how long they are beside the correct answer."""
    cycles = [cycle for cycle in folder.cycles if cycle.pairs]
    if not cycles:
        return []
    kinds = list(FaultKind)
    counts = [Counter(pair.fault for pair in cycle.pairs) for cycle in cycles]
    names = [f"cycle {cycle.number}" for cycle in cycles]
    bars = stacked_bars(names, kinds, [[c[kind] for kind in kinds] for c in counts], "pairs")
    ratios = [
        len(pair.rejected) / max(1, len(pair.chosen)) for cycle in cycles for pair in cycle.pairs
    ]
    words = f"Median {median(ratios):.3f}: near 1, length tells nothing of what is wrong."
    return [
        Figure(
            "Faults by kind",
            bars,
            ("Every faulty answer was run, and failed a test that its correct one passes."),
        ),
        Figure(
            ("Length of faulty over correct"),
            histogram(ratios, 0.0, 2.0, "ratio of lengths"),
            words,
        ),
    ]


def time_figures(folder: Folder) -> list[Figure]:
    """Where the time went, by step."""
    seconds: Counter[str] = Counter()
    for event in folder.events:
        if event.seconds is not None:
            seconds[event.step] += event.seconds  # type: ignore[assignment]
    if not seconds:
        return []
    parts = ["train", "pairs", "evaluation", "feedback", "questions", "other"]

    def part(step: str) -> str:
        last = step.rpartition("/")[2]
        return {"student": "train", "solutions": "pairs"}.get(
            last, last if last in parts else "other"
        )

    arms = [("base and method", False), ("static control", True)]
    values = []
    for _, control in arms:
        own: Counter[str] = Counter()
        for step, spent in seconds.items():
            if step.startswith("sft/") is control:
                own[part(step)] += spent
        values.append([own[name] for name in parts])
    bars = stacked_bars([name for name, _ in arms], parts, values, "seconds")
    return [
        Figure(
            "Where the time went",
            bars,
            ("Wall seconds; the two work side by side where there are two cores."),
        )
    ]


def _group(groups: Sequence[Passed], name: str) -> Passed:
    return next(group for group in groups if group.group == name)


def _point(found: Passed, at: float) -> Point:
    return Point(at, found.share, found.low, found.high)
