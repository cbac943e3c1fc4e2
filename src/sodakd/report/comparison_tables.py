"""The tables of a comparison, as text: for the screen and for the page."""

from collections.abc import Sequence

from rich.console import Console

from sodakd.efficiency import STAGES
from sodakd.evaluate.over_seeds import EXACT, OverSeeds
from sodakd.report.compared_runs import BASE
from sodakd.report.comparison import Comparison, MethodDifference, MethodResult
from sodakd.report.stage_calls import StageCalls
from sodakd.report.text_table import TextTable, show_tables
from sodakd.report.written import p_value, percent, points


def comparison_tables(found: Comparison) -> list[TextTable]:
    """Return the tables: methods, paired differences, each kind of group, calls, seeds."""
    by = dict.fromkeys(group.by for group in found.methods[0].groups if group.by)
    return [
        _methods(found),
        *([_differences(found)] if found.differences else []),
        *(_groups(found, kind) for kind in by),
        *_stages(found),
        *([_seeds(found)] if len(found.seeds) > 1 else []),
    ]


def show_comparison(found: Comparison, console: Console) -> None:
    """Print the tables and the remarks of a comparison."""
    show_tables(comparison_tables(found), console)
    for words in found.remarks:
        console.print(words, markup=False, highlight=False)


def _methods(found: Comparison) -> TextTable:
    groups = [group.group for group in found.methods[0].groups if not group.by]
    spent = ("calls", "tokens", "US $", "steps", "train tokens")
    heads = ("method", *groups, f"gain, {groups[0]}", *spent)
    return TextTable(
        f"{found.measure}, %: mean over {_count(found)} (95 % interval)",
        heads,
        [_method(row, _mark(found, row.method)) for row in found.methods],
        _marks(found),
    )


def _method(row: MethodResult, mark: str) -> list[str]:
    first = row.groups[0]
    gain = ""
    if row.method != BASE:
        gain = " ".join(filter(None, (_points(first.gain), _share(first.relative_gain))))
    money = "unknown" if row.money is None else f"{row.money.mean:.4f}"
    spent = (row.teacher_calls, row.teacher_tokens, row.train_steps, row.train_tokens)
    calls, read, steps, trained = (f"{each.mean:,.0f}" for each in spent)
    shares = [_percent(group.pass_at_1) for group in row.groups if not group.by]
    return [f"{row.method}{mark}", *shares, gain, calls, read, money, steps, trained]


def _mark(found: Comparison, method: str) -> str:
    marks = {found.methods[1].method: " *", found.best_other: " +"}
    return marks.get(method, "")


def _marks(found: Comparison) -> str:
    words = f"* {found.methods[1].method}: what all others are held against"
    if found.best_other is not None:
        words += f"; + {found.best_other}: the best other on {found.methods[1].groups[0].group}"
    return words


def _differences(found: Comparison) -> TextTable:
    exact = "all flips" if len(found.seeds) <= EXACT else "20,000 drawn flips"
    return TextTable(
        "differences, paired by seed: points (95 % interval)",
        ("method less other", "group", "points", "relative", "d", "seeds", "p", "p, Holm"),
        [_difference(row) for row in found.differences],
        f"seeds: won, tied, lost. p: two-sided sign-flip test over seeds ({exact}). Holm: corrected"
        " for all rows of a method and group. d: Cohen's, of paired differences.",
    )


def _difference(row: MethodDifference) -> list[str]:
    return [
        f"{row.method} less {row.other}",
        row.group,
        _points(row.difference),
        _share(row.relative),
        "" if row.effect is None else f"{row.effect:+.2f}",
        f"{row.won}-{row.tied}-{row.lost}",
        p_value(row.p),
        p_value(row.p_holm),
    ]


def _groups(found: Comparison, by: str) -> TextTable:
    places = [place for place, each in enumerate(found.methods[0].groups) if each.by == by]
    return TextTable(
        f"{found.measure} by {by}, %",
        (by, *(row.method for row in found.methods)),
        [
            [
                found.methods[0].groups[place].group,
                *(_percent(row.groups[place].pass_at_1) for row in found.methods),
            ]
            for place in places
        ],
    )


def stages_of(found: Comparison) -> list[str]:
    """Return the stages in which any method called the teacher."""
    asked = {each.stage for row in found.methods for each in row.stages if each.calls.mean}
    return [stage for stage in STAGES if stage in asked]


def _stages(found: Comparison) -> list[TextTable]:
    """Where the calls went; nothing where no method asked."""
    stages = stages_of(found)
    table = TextTable(
        f"calls by stage: mean over {_count(found)}",
        ("method", *stages),
        [
            [row.method, *(_calls(row.stages, stage) for stage in stages)]
            for row in found.methods
            if row.teacher_calls.mean
        ],
        "In brackets: the stage's share of the method's tokens.",
    )
    return [table] if table.rows else []


def _calls(own: Sequence[StageCalls], stage: str) -> str:
    whole = sum(row.tokens.mean for row in own)
    for row in own:
        if row.stage == stage:
            share = f" ({100 * row.tokens.mean / whole:.0f} %)" if whole else ""
            return f"{row.calls.mean:,.0f}{share}"
    return ""


def _seeds(found: Comparison) -> TextTable:
    own = [row.groups[0].pass_at_1.values for row in found.methods]
    return TextTable(
        f"{found.measure} by seed, %: {found.methods[0].groups[0].group}",
        ("seed", *(row.method for row in found.methods)),
        [
            [str(seed), *(f"{100 * values[at]:.1f}" for values in own)]
            for at, seed in enumerate(found.seeds)
        ],
    )


def _count(found: Comparison) -> str:
    return "1 seed" if len(found.seeds) == 1 else f"{len(found.seeds)} seeds"


def _percent(figure: OverSeeds) -> str:
    return percent(figure.mean, figure.low, figure.high)


def _points(figure: OverSeeds) -> str:
    return points(figure.mean, figure.low, figure.high)


def _share(relative: float | None) -> str:
    return "" if relative is None else f"{100 * relative:+.1f} %"
