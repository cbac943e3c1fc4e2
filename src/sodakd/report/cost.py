"""What the run took: teacher calls, tokens, money and time; and what was refused."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sodakd.dedup.contamination import OVERLAPS
from sodakd.report.axes import MEDIUM, Axis, rounded
from sodakd.report.bars import horizontal_bars
from sodakd.report.call_facts import Fate
from sodakd.report.cost_values import CostAnalysis
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import ASKS, STAGES, nominal
from sodakd.report.plots import LegendEntry, Line, Point, line_plot
from sodakd.report.reading import Folder
from sodakd.report.run_facts import price_is_known
from sodakd.teacher.cost import NANO, Spend
from sodakd.types import Outcome

_REASONS = {
    "exact_duplicate": "question: exact duplicate",
    "near_duplicate": "question: near duplicate",
    "another_level": "question: of another level than asked for",
    "invent_unreadable": "question: reply not readable",
    "invent_dropped": "question: dropped after the last try",
    "too_short": "question: too few words",
    "too_long": "question: too many words",
    "copies_prompt": "question: holds words of its prompt",
    "evolve_unreadable": "question: reply not readable",
    "inspire_unreadable": "question: reply not readable",
    "compare_unreadable": "comparison: reply not readable",
    "compare_dropped": "comparison: neither order readable",
    "refine_unreadable": "refinement: reply not readable",
    "no_tests": "question: without tests",
    "tests_cannot_run": "question: its tests cannot run",
    "solution_unreadable": "solution: reply not readable",
    **{
        f"solution_{kind}": f"solution: {kind.replace('_', ' ')}"
        for kind in Outcome
        if kind is not Outcome.PASSED
    },
    "solution_lint": "solution: static tools found a fault",
    "solution_dropped": "solution: dropped after the last try",
    "fault_unreadable": "fault: reply not readable",
    "fault_passed": "fault: passed the tests after all",
    "fault_broken": "fault: does not compile, though its kind would",
    "fault_unseen": "fault: its run showed no difference",
    "fault_dropped": "fault: dropped after the last try",
    "grade_unreadable": "grade: reply not readable",
    "grade_dropped": "grade: dropped after the last try",
}

FATES = {
    Fate.KEPT: "var(--d0)",
    Fate.REFUSED: "var(--d2)",
    Fate.UNREADABLE: "var(--d3)",
    Fate.FAILED: "var(--d4)",
    Fate.OPEN: "var(--o4)",
    Fate.UNFINISHED: "var(--o6)",
    Fate.PREFLIGHT: "var(--o3)",
    Fate.UNKNOWN: "var(--o8)",
}

_PARTS = {
    "student": "train", "solutions": "pairs", "refinements": "pairs", "dev": "evaluation",
    "comparisons": "feedback", "refresh": "feedback", "pair-grades": "feedback",
    "scorer": "feedback", "scorer-check": "feedback", "refresh-check": "feedback",
}  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """How often something was refused, dropped or asked again in a step."""

    step: str
    reason: str
    count: int


def spending_figures(folder: Folder) -> list[Figure]:
    """Teacher calls, tokens and money by step and ask."""
    steps = list(dict.fromkeys(row.step for row in _ordered(folder)))
    asks = list(dict.fromkeys(row.ask for row in folder.spend))
    asks.sort(key=lambda ask: ASKS.index(ask) if ask in ASKS else len(ASKS))
    keys = [nominal(ask, ASKS) for ask in asks]

    def figure(title: str, unit: str, words: str, of: Callable[[Spend], float]) -> Figure:
        values = [
            [sum(of(row) for row in folder.spend if row.step == step and row.ask == ask)
             for ask in asks]
            for step in steps
        ]  # fmt: skip
        return Figure(title, plot(horizontal_bars(steps, keys, values, unit), keys), words)

    if not folder.spend:
        return []
    return [
        figure("Teacher calls", "calls", "Paid for; answered from the ledger is free.",
               lambda row: row.calls),
        figure("Teacher tokens", "tokens", "Prompt and completion together.",
               lambda row: row.prompt_tokens + row.completion_tokens),
        *(
            [figure("Money", "US $", "At the recipe's prices.", lambda row: row.money)]
            if price_is_known(folder)
            else []
        ),
    ]  # fmt: skip


def outcome_figures(found: CostAnalysis) -> list[Figure]:
    """What came of the asks of each step, in money, or in tokens where no price is known."""
    whole = found.total.all_nano_dollars
    steps = list(dict.fromkeys(row.step for row in found.steps))
    keys = [
        LegendEntry(fate.value, FATES[fate])
        for fate in Fate
        if any(row.fate is fate for row in found.steps)
    ]
    values = [
        [
            sum(
                row.amount.all_nano_dollars / NANO if whole else row.amount.all_tokens
                for row in found.steps
                if row.step == step and row.fate == key.name
            )
            for key in keys
        ]
        for step in steps
    ]
    unit = "US $" if whole else "tokens"
    bars = horizontal_bars(steps, keys, values, unit, 600)
    words = "Kept: it stands in the run's files. Lost calls are in it, at the most."
    return [Figure("What came of it", plot(bars, keys), words, "medium")]


def payback_figures(found: CostAnalysis) -> list[Figure]:
    """The money that so many answers take of the teacher, and of the student with its run."""
    back = found.payback
    first = back.projections[0]
    if back.student is None or first.payback is None or first.teacher_answer is None:
        return []
    most = rounded(2.0 * first.payback)
    ends = (0.0, most)
    teacher = [Point(at, at * first.teacher_answer) for at in ends]
    student = [Point(at, first.run + at * (back.student.dollars or 0.0)) for at in ends]
    lines = [
        Line("teacher", teacher, "var(--control)"),
        Line(f"the run and {back.student.who}", student, "var(--last)"),
    ]
    top = max(point.y for line in lines for point in line.points)
    body = line_plot(
        lines, Axis("answers", 0, most), Axis("US $", 0, rounded(top)), MEDIUM, "US $ by answers"
    )
    keys = [LegendEntry(line.name, line.colour) for line in lines]
    words = f"They meet at {first.payback:,} answers."
    if not back.student.dollars:
        words += " What a student's answer takes is counted as nothing: sodakd cost --second."
    return [Figure("When the run has paid for itself", plot(body, keys), words, "medium")]


def refused(folder: Folder) -> list[Refused]:
    """What was refused, dropped or asked again, by step, from the manifest's tallies."""
    return [
        Refused(step.step, words, step.tally[key])
        for step in folder.steps
        for key, words in {**_overlaps(step.tally), **_REASONS}.items()
        if step.tally.get(key)
    ]


def _overlaps(tally: Mapping[str, int]) -> dict[str, str]:
    """Words for what overlaps with the evaluation: with what is held out, with a benchmark."""
    found = [key for key in tally if key.startswith(OVERLAPS)]
    return {key: f"question: overlaps with {key.removeprefix(OVERLAPS)}" for key in found}


def time_figures(folder: Folder) -> list[Figure]:
    """Where the time went: by step, and by kind of work."""
    seconds: Counter[str] = Counter()
    for event in folder.events:
        if event.seconds is not None:
            seconds[event.step] += round(event.seconds * 1000)
    if not seconds:
        return []
    steps = [step for step, spent in seconds.items() if spent >= 50]
    used = [part for part in STAGES if any(_part(step) == part for step in steps)]
    keys = [nominal(part, STAGES) for part in used]

    def row(chosen: list[str]) -> list[float]:
        return [
            sum(seconds[step] for step in chosen if _part(step) == part) / 1000 for part in used
        ]

    def of_arm(step: str) -> str:
        name = step.partition("/")[0]
        return name if name in folder.arms else "base"

    arms = {
        name: [step for step in steps if of_arm(step) == name] for name in ("base", *folder.arms)
    }
    there = {name: row(chosen) for name, chosen in arms.items() if chosen}
    by_step = horizontal_bars(steps, keys, [row([step]) for step in steps], "seconds", 600)
    by_arm = horizontal_bars(list(there), keys, list(there.values()), "seconds", 600)
    return [
        Figure("Seconds by step", plot(by_step, keys), "Wall time of finished steps.", "medium"),
        Figure("Seconds by arm", plot(by_arm, keys), _clock(folder), "medium"),
    ]


def _clock(folder: Folder) -> str:
    resumed = sum(event.event == "resume" for event in folder.events)
    return f"Resumed {resumed} times." if resumed else "Without a stop."


def _part(step: str) -> str:
    last = step.rpartition("/")[2].rstrip("-0123456789")
    named = _PARTS.get(last, last)
    own = step.startswith(("questions/", "student"))
    return named if named in STAGES and not own else "other"


def _ordered(folder: Folder) -> list[Spend]:
    """Spending in the order of the arms."""
    order = ("", *folder.arms)
    return sorted(folder.spend, key=lambda row: order.index(row.arm))
