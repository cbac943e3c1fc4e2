"""`write_report`: everything a run left behind, on one self-contained page."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from sodakd.errors import DataError, RunError
from sodakd.jsonl import atomic_write
from sodakd.report.agreement import agreement_rows
from sodakd.report.cost import (
    outcome_figures,
    payback_figures,
    refused,
    spending_figures,
    time_figures,
)
from sodakd.report.cost_analysis import analyse_cost
from sodakd.report.cost_tables import cost_remarks, cost_tables
from sodakd.report.cost_values import CostAnalysis
from sodakd.report.curriculum import flow_figures
from sodakd.report.efficiency_tables import efficiency_tables
from sodakd.report.examples import examples
from sodakd.report.faults import fault_figures, pair_numbers
from sodakd.report.figure import Figure
from sodakd.report.lint import finding_figures, rule_table
from sodakd.report.payback import Pricing, listed_prices
from sodakd.report.pending import pending_parts
from sodakd.report.plots import legend
from sodakd.report.reading import Folder, read_folder
from sodakd.report.results import (
    headlines,
    panel_legend,
    part_results,
    result_figures,
    standing_keys,
)
from sodakd.report.run_facts import about, measure, price_is_known
from sodakd.report.scores import calibration_figures, check_rows, grader_rows
from sodakd.report.template import page_script, render_page
from sodakd.report.training_curves import training_figures, training_keys

_FILES = ("results.json", "efficiency.json", "students.jsonl", "spend.json")


@dataclass(frozen=True)
class Section:
    """A part of the page: its figures, or a sentence where there are none yet."""

    title: str
    figures: list[Figure]
    absent: str
    legend: Markup = field(default_factory=Markup)

    @property
    def id(self) -> str:
        return self.title.lower()


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Write `report.html` of a run, finished or not, into its folder or another; return its path.

    Raises:
        RunError: the folder is no run, or a row of it cannot be read.
    """
    page = (out or folder) / "report.html"
    read = read_folder(folder)
    html = render(read, _cost(folder, read)).encode()
    page.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(page, html)
    return page


def _cost(place: Path, folder: Folder) -> CostAnalysis | None:
    """What the run cost; None where its ledger is gone, empty or cannot be read."""
    try:
        return analyse_cost(place, folder, Pricing(listed_prices()))
    except (DataError, RunError):
        return None


def render(folder: Folder, cost: CostAnalysis | None = None) -> str:
    """The page's HTML. Questions and code are untrusted: all of it is escaped."""
    standings = folder.standings
    return render_page(
        "page.html",
        js=page_script("page.js"),
        data=Markup(examples(folder.taught)),
        name=folder.recipe.get("name") or "a run",
        seed=folder.recipe.get("seed"),
        arms=" against ".join(folder.arms),
        version=folder.version,
        began=folder.events[0].at[:16].replace("T", " ") if folder.events else "",
        about=about(folder),
        measure=measure(folder),
        files=_FILES,
        headlines=headlines(folder),
        missing=pending_parts(folder),
        warnings=folder.results.warnings if folder.results else (),
        unjudged=folder.results.unjudged if folder.results else {},
        groups=[group.group for group in standings[0].groups if not group.by] if standings else [],
        standings=list(zip(standings, standing_keys(folder), strict=True)),
        parts=part_results(folder),
        panel_legend=panel_legend(folder),
        sections=_sections(folder, cost),
        cost_tables=[] if cost is None else cost_tables(cost),
        cost_remarks=[] if cost is None else list(cost_remarks(cost)),
        pairs=pair_numbers(folder),
        agreed=agreement_rows(folder),
        graders=grader_rows(folder),
        checks=check_rows(folder),
        rules=rule_table(folder),
        spend=folder.spend,
        priced=price_is_known(folder),
        refused=refused(folder),
        efficiency=[] if folder.efficiency is None else efficiency_tables(folder.efficiency),
        recipe=json.dumps(folder.recipe, indent=2, ensure_ascii=False),
    )


def _sections(folder: Folder, cost: CostAnalysis | None) -> list[Section]:
    shared = Markup(legend(training_keys(folder)))
    return [
        Section("Results", result_figures(folder), "There are no results yet."),
        Section(
            "Difficulty",
            [*flow_figures(folder), *calibration_figures(folder)],
            "No student has answered anything yet.",
        ),
        Section("Findings", finding_figures(folder), "No static tool has read an answer yet."),
        Section("Training", training_figures(folder), "No student has been trained yet.", shared),
        Section("Pairs", fault_figures(folder), "No pairs have been delivered yet."),
        Section(
            "Teacher", spending_figures(folder), "The spending is added up at the end of a run."
        ),
        Section(
            "Cost",
            [] if cost is None else [*outcome_figures(cost), *payback_figures(cost)],
            "There is no ledger to add up.",
        ),
        Section("Time", time_figures(folder), "No step has been finished yet."),
    ]
