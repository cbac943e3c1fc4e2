"""`write_report`: everything a run left behind, on one self-contained page."""

import json
from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import JsonValue

from sodakd.report.examples import examples
from sodakd.report.figures import (
    difficulty_figures,
    fault_figures,
    outcome_figures,
    pass_figures,
    time_figures,
    training_figures,
)
from sodakd.report.reading import Folder, read_folder
from sodakd.store import write_whole

_HERE = Path(__file__).parent
_REASONS = (
    "exact_duplicate", "near_duplicate", "overlaps_evaluation", "another_level", "unreadable",
    "no_tests", "solution_dropped", "solution_unreadable", "fault_dropped", "fault_passed",
    "fault_unreadable", "grade_unreadable",
)  # fmt: skip


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run's folder, finished or not, and return its path.

    Raises:
        RunError: the folder is no run, or a row of it cannot be read.
    """
    page = folder / "report.html"
    write_whole(page, render(read_folder(folder)).encode())
    return page


def render(folder: Folder) -> str:
    """The page's HTML. Questions and code are untrusted: all of it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html").render(
        css=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        js=Markup((_HERE / "page.js").read_text(encoding="utf-8")),
        data=Markup(_script_safe(examples(folder.cycles))),
        name=folder.recipe.get("name"),
        seed=folder.recipe.get("seed"),
        version=folder.version,
        began=folder.events[0].at[:16].replace("T", " ") if folder.events else "not begun",
        results=folder.results,
        headline=_headline(folder),
        missing=_missing(folder),
        sections=[
            ("Results", pass_figures(folder)),
            ("Difficulty", [*difficulty_figures(folder), *outcome_figures(folder)]),
            ("Training", training_figures(folder)),
            ("Faults", fault_figures(folder)),
            ("Time", time_figures(folder)),
        ],
        spend=folder.spend,
        refused=_refused(folder),
        recipe=json.dumps(folder.recipe, indent=2),
    )


def _headline(folder: Folder) -> list[dict[str, str]]:
    """The base, the last cycle and the control, on the questions that no training saw."""
    if folder.results is None:
        return []
    standings = folder.results.standings
    own = [row for row in standings if row.name != "sft"]
    shown = [("base student", own[0]), (f"after {len(own) - 1} cycles", own[-1])]
    shown += [("static control", row) for row in standings if row.name == "sft"]
    return [
        {
            "label": label,
            "value": f"{100 * row.groups[1].share:.1f} %",
            "interval": f"{100 * row.groups[1].low:.1f} to {100 * row.groups[1].high:.1f}",
            "all": f"{100 * row.groups[0].share:.1f} %",
            "group": row.groups[1].group,
        }
        for label, row in shown
    ]


def _missing(folder: Folder) -> list[str]:
    """What an unfinished run does not have yet, in words."""
    said = [] if folder.base_log else ["the base student has not been trained yet"]
    for cycle in folder.cycles:
        if not cycle.log:
            said.append(f"cycle {cycle.number} has not been trained yet")
        elif not cycle.evaluation:
            said.append(f"cycle {cycle.number} has not been evaluated yet")
    if folder.results is None:
        said.append("there are no results yet")
    return said


def _refused(folder: Folder) -> list[tuple[str, str, int]]:
    """What was refused or asked again: step, reason, count."""
    total: Counter[tuple[str, str]] = Counter()
    for step in folder.steps:
        for reason in _REASONS:
            if step.tally.get(reason):
                total[step.step, reason] += step.tally[reason]
    return [(step, reason.replace("_", " "), count) for (step, reason), count in total.items()]


def _script_safe(rows: list[JsonValue]) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
