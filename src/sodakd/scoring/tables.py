"""A scorer's validation on the screen."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from sodakd.scoring.figures import Consistency, Estimate
from sodakd.scoring.validation import Baseline, Validation

BASELINES = {"length": "the answer's length", "verdict": "whether it passes"}


def validation_tables(found: Validation) -> Iterator[RenderableType]:
    """Yield the tables and the lines that say what a scorer agrees with."""
    yield (
        f"{found.answers} answers to {found.questions} held-back questions"
        + (
            f"; {found.seen} graded answers to questions seen in training left out"
            * (found.seen > 0)
        )
        + (f"; {found.cut} cut in the middle" * (found.cut > 0))
    )
    yield _rules(found)
    yield _baselines(found)
    yield _groups(found)
    yield _calibration(found)
    yield f"Spearman of the total, given the answer's length: {found.given_length}"
    if found.judged:
        yield f"AUC of passing, over {found.judged} answers with a verdict: {found.auc}"
    else:
        yield "AUC of passing: no answer has a verdict of tests (outcome)"
    yield consistency_words(found.consistency)


def consistency_words(same: Consistency | None) -> str:
    """Return how far the grader agrees with itself, which is the most that a scorer can reach."""
    if same is None:
        return "the grader's agreement with itself: no answer was graded twice, so it is not known"
    return f"the grader's agreement with itself, over {same.answers} answers graded twice: {same}"


def _rules(found: Validation) -> Table:
    table = make_table("rule", "Spearman (95 %)", "Kendall", "kappa", "error", "graded", "scored")
    for rule in found.rules:
        table.add_row(
            rule.rule,
            *map(str, (rule.spearman, rule.kendall, rule.kappa, rule.mae)),
            f"{rule.graded_mean:.2f}",
            f"{rule.scored_mean:.2f}",
        )
    return table


def _baselines(found: Validation) -> Table:
    table = make_table("instead of the scorer", "answers", "Spearman", "the scorer's", "AUC")
    for one in found.baselines:
        table.add_row(*_baseline(one))
    return table


def _baseline(one: Baseline) -> tuple[str, ...]:
    figures = map(str, (one.spearman, one.scorer_spearman, one.auc))
    return (BASELINES[one.name], str(one.answers), *figures)


def _groups(found: Validation) -> Table:
    table = make_table("answers of", "", "answers", "trained on", "Spearman", "error")
    for one in found.groups:
        figures: tuple[Estimate, ...] = (one.spearman, one.mae)
        numbers = str(one.answers), str(one.trained_on)
        table.add_row(one.by, one.group, *numbers, *map(str, figures))
    return table


def _calibration(found: Validation) -> Table:
    table = make_table("expected total", "answers", "scored", "graded", "pass")
    for one in found.calibration:
        passed = "-" if one.passed is None else f"{100 * one.passed:.0f} %"
        means = f"{one.scored:.2f}", f"{one.graded:.2f}"
        table.add_row(f"{one.low:g} to {one.high:g}", str(one.answers), *means, passed)
    return table


def make_table(first: str, *others: str) -> Table:
    """Return a table of such columns; numbers stand to the right."""
    table = Table(first, show_edge=False, pad_edge=False)
    for name in others:
        table.add_column(name, justify="right" if name else "left")
    return table
