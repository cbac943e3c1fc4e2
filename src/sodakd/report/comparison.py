"""`compare_runs`: methods compared over the seeds of one recipe, from run folders alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from sodakd.evaluate.over_seeds import (
    EXACT,
    OverSeeds,
    effect_size,
    holm,
    over_seeds,
    sign_flip_p,
)
from sodakd.records import StudentResult
from sodakd.report.compared_runs import BASE, ComparedRun, read_runs
from sodakd.report.run_facts import money_is_known
from sodakd.report.stage_calls import StageCalls, stage_calls
from sodakd.types import FrozenModel


class GroupResult(FrozenModel):
    """A method's pass@1 on a group of questions, and its gain over the base; `by` as in a run."""

    group: str
    by: str
    pass_at_1: OverSeeds
    gain: OverSeeds
    relative_gain: float | None
    """The mean gain as a share of the base's mean; None of a base that solves nothing."""


class MethodResult(FrozenModel):
    """A method over seeds: the student of each that it came to, its figures, and what they took.

    `money` is None where the teacher's price is not known. `stages` is where the calls went.
    """

    method: str
    title: str
    students: tuple[str, ...]
    groups: tuple[GroupResult, ...]
    teacher_calls: OverSeeds
    teacher_tokens: OverSeeds
    money: OverSeeds | None
    train_steps: OverSeeds
    train_tokens: OverSeeds
    stages: tuple[StageCalls, ...]


class MethodDifference(FrozenModel):
    """A method's pass@1 less another's, paired by seed.

    `p` is of the sign-flip test; `p_holm` is corrected for all rows of this group and `method`.
    `effect` is Cohen's d of the paired differences, `relative` the difference of the means as a
    share of the other's. `won`, `tied` and `lost` count seeds.
    """

    group: str
    method: str
    other: str
    difference: OverSeeds
    relative: float | None
    effect: float | None
    won: int
    tied: int
    lost: int
    p: float
    p_holm: float


class CurvePoint(FrozenModel):
    """A student on its way, over the seeds that have it: pass@1 of the first group, and cost."""

    student: str
    method: str
    pass_at_1: OverSeeds
    teacher_calls: OverSeeds
    train_steps: OverSeeds


class Comparison(FrozenModel):
    """Methods over seeds: `compare.json`. The base is the first of `methods`.

    `best_other` is the one with the highest mean on the first group, of all after the first method.
    """

    name: str
    measure: str
    seeds: tuple[int, ...]
    methods: tuple[MethodResult, ...]
    best_other: str | None
    differences: tuple[MethodDifference, ...]
    curve: tuple[CurvePoint, ...]
    remarks: tuple[str, ...]


def compare_runs(folders: Sequence[Path], methods: Sequence[str] = ()) -> Comparison:
    """Return a comparison of the finished runs of one recipe with different seeds.

    `methods`: these alone, the first of which all others are held against; else all arms.

    Raises:
        RunError: a folder is no finished run; two have the same seed; their recipes differ in more
            than that; a run has no such arm.
    """
    runs = read_runs(folders, methods)
    arms = {arm.name: arm.title for arm in runs[0].results.arms}
    chosen = list(methods) or list(arms)
    titles = {BASE: "the student that all methods begin with"} | {
        name: arms[name] for name in chosen
    }
    found = [_method(runs, name, title) for name, title in titles.items()]
    first, others = found[1], found[2:]
    best = max(others, key=lambda row: row.groups[0].pass_at_1.mean) if others else None
    rows = _differences(first, others)
    if best is not None:
        rows += _differences(best, [row for row in others if row is not best])
    tested = sum(run.results.tested for run in runs) / len(runs)
    return Comparison(
        name=str(runs[0].recipe.get("name") or "a recipe"),
        measure="pass@1" if tested else "runs to its end (no tests)",
        seeds=tuple(run.results.seed for run in runs),
        methods=tuple(found),
        best_other=None if best is None else best.method,
        differences=tuple(rows),
        curve=tuple(_curve(runs, titles)),
        remarks=tuple(_remarks(runs, found, len(others))),
    )


def _method(runs: Sequence[ComparedRun], name: str, title: str) -> MethodResult:
    kept = [run.kept(name) for run in runs]
    spent = [run.of(name)[-1] for run in runs]  # with what came after the student that was kept
    return MethodResult(
        method=name,
        title=title,
        students=tuple(row.name for row in kept),
        groups=tuple(_groups(runs, kept)),
        teacher_calls=over_seeds([row.teacher_calls for row in spent]),
        teacher_tokens=over_seeds([row.teacher_tokens for row in spent]),
        money=over_seeds([row.money for row in spent]) if _money_is_known(runs, spent) else None,
        train_steps=over_seeds([row.train_steps for row in spent]),
        train_tokens=over_seeds([row.train_tokens for row in spent]),
        stages=stage_calls([run.steps(name) for run in runs]),
    )


def _groups(runs: Sequence[ComparedRun], kept: Sequence[StudentResult]) -> list[GroupResult]:
    """The groups that the exams of all seeds have."""
    found = []
    for group in runs[0].results.standings[0].groups:
        rates = [row.group(group.group) for row in kept]
        bases = [run.kept(BASE).group(group.group) for run in runs]
        shares = [rate.share for rate in rates if rate is not None]
        before = [rate.share for rate in bases if rate is not None]
        if len(shares) < len(runs) or len(before) < len(runs):
            continue
        gain = over_seeds([new - old for new, old in zip(shares, before, strict=True)])
        found.append(
            GroupResult(
                group=group.group,
                by=group.by,
                pass_at_1=over_seeds(shares),
                gain=gain,
                relative_gain=_relative(gain.mean, over_seeds(before).mean),
            )
        )
    return found


def _differences(method: MethodResult, others: Sequence[MethodResult]) -> list[MethodDifference]:
    """A method less each of the others, on the groups a reader came for."""
    rows = []
    for place, group in enumerate(method.groups):
        if group.by:
            continue
        gaps = [
            [mine - theirs for mine, theirs in zip(
                group.pass_at_1.values, other.groups[place].pass_at_1.values, strict=True)]
            for other in others
        ]  # fmt: skip
        ps = [sign_flip_p(values) for values in gaps]
        for other, values, p, corrected in zip(others, gaps, ps, holm(ps), strict=True):
            gap = over_seeds(values)
            rows.append(
                MethodDifference(
                    group=group.group,
                    method=method.method,
                    other=other.method,
                    difference=gap,
                    relative=_relative(gap.mean, other.groups[place].pass_at_1.mean),
                    effect=effect_size(values),
                    won=sum(value > 0 for value in values),
                    tied=sum(value == 0 for value in values),
                    lost=sum(value < 0 for value in values),
                    p=p,
                    p_holm=corrected,
                )
            )
    return rows


def _relative(difference: float, of: float) -> float | None:
    return difference / of if of else None


def _curve(runs: Sequence[ComparedRun], methods: Mapping[str, str]) -> list[CurvePoint]:
    found = []
    for method in methods:
        names = dict.fromkeys(row.name for run in runs for row in run.of(method))
        for name in names:
            rows = [row for run in runs for row in run.of(method) if row.name == name]
            found.append(
                CurvePoint(
                    student=name,
                    method=method,
                    pass_at_1=over_seeds([row.groups[0].share for row in rows]),
                    teacher_calls=over_seeds([row.teacher_calls for row in rows]),
                    train_steps=over_seeds([row.train_steps for row in rows]),
                )
            )
    return found


def _budgets(runs: Sequence[ComparedRun], methods: Sequence[str]) -> tuple[str, Sequence[float]]:
    """What the arms of these runs have as much of, in words, and how much each spent of it.

    The first of `methods` is the runs' first arm, whose spending the others have.
    """
    spent = [[run.of(name)[-1] for run in runs] for name in methods]
    money = [fmean(row.money for row in rows) for rows in spent]
    known = all(_money_is_known(runs, rows) for rows in spent)
    equal = runs[0].recipe.get("equal")
    if equal == "money" and known and any(money):
        return "money for the teacher", money
    calls = [fmean(row.teacher_calls for row in rows) for rows in spent]
    if equal in ("money", "tokens") or not calls[0]:
        return "teacher's tokens", [fmean(row.teacher_tokens for row in rows) for rows in spent]
    return "teacher calls", calls


def _money_is_known(runs: Sequence[ComparedRun], rows: Sequence[StudentResult]) -> bool:
    """Whether the price of all that a method's students took is known; `rows` by run."""
    return all(
        money_is_known(run.recipe, row.teacher_tokens, row.money)
        for run, row in zip(runs, rows, strict=True)
    )


def _remarks(runs: Sequence[ComparedRun], found: Sequence[MethodResult], others: int) -> list[str]:
    """What the figures do not say by themselves."""
    remarks = []
    seeds = len(runs)
    least = 2.0 ** (1 - seeds)
    if seeds == 1:
        remarks.append("One seed says nothing of chance: there is no interval, and no p below 1.")
    elif others and seeds <= EXACT and others * least > 0.05:
        remarks.append(
            f"With {seeds} seeds no p is below {least:.2g}, and none below"
            f" {min(1.0, others * least):.2g} once corrected for"
            f" {'1 comparison' if others == 1 else f'{others} comparisons'}: a clear one needs more"
            " seeds."
        )
    remarks += _unequal(runs, found)
    warned = sorted({words for run in runs for words in run.results.warnings})
    return [*remarks, *(f"Weakly judged: {words}" for words in warned)]


def _unequal(runs: Sequence[ComparedRun], found: Sequence[MethodResult]) -> list[str]:
    """Which methods did not spend what the runs' first arm did, whose budget they have."""
    first = runs[0].results.arms[0].name
    others = [row.method for row in found[1:] if row.method != first]
    unit, (budget, *amounts) = _budgets(runs, [first, *others])
    shares = [
        f"{name} {100 * amount / budget:.0f} %" if budget else name
        for name, amount in zip(others, amounts, strict=True)
        if not 0.99 * budget <= amount <= 1.01 * budget
    ]
    if not shares:
        return []
    if not budget:
        return [f"Not equal in {unit}: {first} spent nothing, and {', '.join(shares)} did."]
    return [f"Not equal in {unit}, {first}'s being 100 %: {', '.join(shares)}."]
