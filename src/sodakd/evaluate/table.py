"""What an evaluation comes to, as a table of at most 80 columns."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from sodakd.evaluate.aggregate import LanguageAverage, LanguageResult, averages

_PARTIAL = "*"
"""The mark of a figure over a part of a benchmark's tasks."""


def results_table(groups: Sequence[LanguageResult]) -> Table:
    """The groups, and the average over the languages of each benchmark that has several."""
    ks = sorted({k for group in groups for k in group.pass_at})
    table = Table("benchmark", "language", "tasks", show_edge=False, pad_edge=False)
    for head in ("pass@1 (95 %)", *(f"pass@{k}" for k in ks if k > 1)):
        table.add_column(head, justify="right", no_wrap=True)
    for group in groups:
        tasks = f"{group.tasks} of {group.all_tasks}" if group.partial else str(group.tasks)
        mark = _PARTIAL if group.partial else ""
        table.add_row(group.benchmark, group.language.value, tasks, *_figures(group, ks, mark))
    for mean in averages(groups):
        mark = _PARTIAL if mean.partial else ""
        table.add_row(mean.benchmark, "average", "", *_figures(mean, ks, mark))
    return table


def _figures(of: LanguageResult | LanguageAverage, ks: Sequence[int], mark: str) -> list[str]:
    shares = [f"{100 * of.pass_at[k]:.1f}{mark}" if k in of.pass_at else "" for k in ks]
    return [f"{shares[0]} ({100 * of.low:.1f}-{100 * of.high:.1f})", *shares[1:]]


def outcomes_in_words(groups: Sequence[LanguageResult]) -> Iterator[str]:
    """Yield a line for each group with samples that did not pass: how many, by outcome."""
    for group in groups:
        others = [f"{count} {name}" for name, count in group.outcomes.items() if name != "passed"]
        if others:
            yield f"not passed, {group.benchmark}, {group.language}: {', '.join(others)}"
