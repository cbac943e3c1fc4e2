"""Output in the terminal: progress while a run works, tables when it is done."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sodakd.methods.plan import Plan, plan
from sodakd.recipe import Recipe
from sodakd.records import PassRate, Results
from sodakd.report.run_facts import written_difference
from sodakd.run import RESUMED, Progress, ProgressCallback
from sodakd.screen import make_console
from sodakd.teacher.cost import NANO, LedgerTotals, SpendGroup
from sodakd.teacher.spend_report import read_totals
from sodakd.teacher.teacher_endpoint import prices_of, unknown_price


@dataclass
class _ProgressDisplay:
    """The live display: the newest progress of each arm, its metrics, and what is spent."""

    folder: Path
    arms: Sequence[str]
    steps: int
    calls: int = 0
    price_unknown: bool = False
    began: float = field(default_factory=time.monotonic)
    newest: dict[str, Progress] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    trained: dict[str, int] = field(default_factory=dict)
    read_back: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, progress: Progress) -> None:
        first = progress.step.partition("/")[0]
        arm = first if first in self.arms else "base"
        with self.lock:
            self.newest[arm] = progress
            if progress.note == RESUMED:
                self.read_back[progress.step] = progress.done
            elif progress.note == "train":
                self.trained[progress.step] = progress.done
            for name, value in progress.values.items():
                shown = f"{100 * value:.1f} %" if name == "pass_at_1" else f"{value:.3f}"
                self.figures[f"{arm} {name.replace('pass_at_1', 'pass@1')}"] = shown

    def __rich__(self) -> Group:
        table = Table.grid(padding=(0, 2))
        with self.lock:
            for arm, progress in self.newest.items():
                bar = ProgressBar(total=max(1, progress.total), completed=progress.done, width=28)
                count = f"{progress.done}/{progress.total}" if progress.total else ""
                table.add_row(Text(arm, "bold"), progress.step, bar, count, progress.note)
            figures = "   ".join(f"{name} {value}" for name, value in self.figures.items())
        return Group(table, Text(figures, "cyan"), Text(self._books(), "dim"))

    def _books(self) -> str:
        elapsed = time.monotonic() - self.began
        parts = [f"{_clock(elapsed)} gone"]
        left = self._left(elapsed)
        if left is not None:
            parts.append(f"about {_clock(left)} left")
        spent = read_totals(self.folder / "ledger.sqlite")
        if spent is not None:
            parts.append(self.spending(spent))
        return "   ".join(parts)

    def spending(self, spent: LedgerTotals) -> str:
        """What was spent, and what it will come to at the price of the calls so far."""
        words = f"teacher: {spent.calls:,} calls, {spent.tokens:,} tokens"
        if self.price_unknown:
            return f"{words}, price unknown"
        words += f" · ${spent.dollars:.4f} spent"
        if spent.lost:
            words += f" (${spent.lost_money / NANO:.4f} of it lost on the way)"
        if spent.reserved_calls:
            words += f", up to ${spent.reserved_money / NANO:.4f} in flight"
        if 0 < spent.calls < self.calls:
            words += f" · about ${spent.dollars / spent.calls * self.calls:.4f} in all"
        return words

    def _left(self, elapsed: float) -> float | None:
        """Time left, at the pace of the training steps so far."""
        done = sum(self.trained.values())
        left = self.steps - done - sum(self.read_back.values())
        return elapsed / done * left if done > 0.02 * self.steps else None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


@contextmanager
def progress_display(recipe: Recipe, folder: Path) -> Iterator[ProgressCallback]:
    """Show progress: a live display on a terminal, else a line as each step begins."""
    console = Console(stderr=True)
    costs = unknown_price(recipe.teacher) is not None or prices_of(recipe.teacher).cost_of(
        10**6, 10**6
    )
    if not console.is_terminal and not costs:
        yield _lines(None)
        return
    planned = plan(recipe)
    display = _ProgressDisplay(
        folder,
        recipe.arms,
        planned.train_steps,
        planned.teacher_calls,
        unknown_price(recipe.teacher) is not None,
    )
    if not console.is_terminal:
        yield _lines(display)
        return
    with Live(display, console=console, refresh_per_second=4, transient=True):

        def on_progress(progress: Progress) -> None:
            if progress.remark:
                console.print(progress.note, markup=False, highlight=False)
            else:
                display.take(progress)

        yield on_progress


def _lines(display: _ProgressDisplay | None) -> ProgressCallback:
    """For logs: a line as a step or a part of it begins, and at each tenth of it.

    With a display: what was spent stands in those lines before which the teacher was asked.
    """
    newest: dict[str, tuple[str, int]] = {}
    told = 0

    def spending() -> str:
        nonlocal told
        if display is None:
            return ""
        spent = read_totals(display.folder / "ledger.sqlite")
        if spent is None or spent.calls == told:
            return ""
        told = spent.calls
        return f"[{display.spending(spent)}]"

    def line(progress: Progress) -> None:
        tenth = 10 * progress.done // max(1, progress.total)
        if newest.get(progress.step) == (progress.note, tenth):
            return
        newest[progress.step] = (progress.note, tenth)
        count = f"{progress.done}/{progress.total}" if progress.total else ""
        values = [f"{name} {value:.4f}" for name, value in progress.values.items()]
        words = [
            progress.step,
            progress.note or ("" if count else "begins"),
            count,
            *values,
            spending(),
        ]
        print("  ".join(filter(None, words)), file=sys.stderr, flush=True)

    return line


def show_results(results: Results, report: Path) -> None:
    """The final tables: pass@1 with its interval and what was spent; by level or language; paired.

    A smaller group stands in a table of its kind, a row for it.
    """
    groups = results.standings[0].groups
    measure = "pass@1" if results.tested else "runs to its end (no tests)"
    table = Table(title=f"{measure}, % (95 % interval)")
    table.add_column("student")
    for group in groups:
        if not group.by:
            table.add_column(group.group, justify="right", no_wrap=True)
    for name in ("calls", "steps", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in results.standings:
        shares = [_share(group) for group in row.groups if not group.by]
        spent = (row.teacher_calls, row.train_steps, row.train_tokens)
        name = f"{row.name} *" if row.name == results.kept else row.name
        table.add_row(name, *shares, *(_short(count) for count in spent))
    console = make_console()
    console.print(table)
    for by in dict.fromkeys(group.by for group in groups if group.by):
        console.print(_parts(results, by))
    if results.differences:
        console.print(_differences(results))
    for why, count in results.unjudged.items():
        console.print(f"{count} questions are in no figure: {why}", markup=False, highlight=False)
    console.print(f"* kept; calls to the teacher, training steps and tokens   report: {report}",
                  soft_wrap=True, highlight=False)  # fmt: skip


def _parts(results: Results, by: str) -> Table:
    table = Table(title=f"pass@1 by {by}, %")
    table.add_column(by)
    for row in results.standings:
        table.add_column(row.name, justify="right")
    for group in results.standings[0].groups:
        if group.by == by:
            found = [row.group(group.group) for row in results.standings]
            table.add_row(group.group, *(f"{100 * one.share:.1f}" if one else "" for one in found))
    return table


def _differences(results: Results) -> Table:
    """The kept student less others, on the same questions."""
    table = Table(title=f"{results.kept} less another student")
    for name in ("questions", "less", "difference"):
        table.add_column(name)
    for one in results.differences:
        table.add_row(one.group, one.other, written_difference(one))
    return table


def _short(count: int) -> str:
    """A count in at most six characters: 950, 55.2k, 1.85M."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}" if count < 1000 * size else f"{count // size}{unit}"
    return str(count)


def show_plan(planned: Plan, recipe: Recipe) -> None:
    """What a run will take."""
    unknown = unknown_price(recipe.teacher)
    calls = Table(title="teacher calls")
    for name in ("step", "ask", "calls", "prompt tokens", "completion tokens", "US $"):
        calls.add_column(name, justify="left" if name in {"step", "ask"} else "right")
    for row in planned.calls:
        calls.add_row(
            row.step, row.ask, f"{row.calls:,}", f"{row.prompt_tokens:,}",
            f"{row.completion_tokens:,}", "unknown" if unknown else f"{row.money:.4f}",
        )  # fmt: skip
    calls.add_section()
    money = sum(row.money for row in planned.calls)
    prompt = sum(row.prompt_tokens for row in planned.calls)
    completion = sum(row.completion_tokens for row in planned.calls)
    calls.add_row(
        "all", "", f"{planned.teacher_calls:,}", f"{prompt:,}", f"{completion:,}",
        "unknown" if unknown else f"{money:.4f}",
    )  # fmt: skip
    trainings = Table(title="training")
    for name in ("step", "examples", "steps", "tokens (about)"):
        trainings.add_column(name, justify="left" if name == "step" else "right")
    for training in planned.trainings:
        trainings.add_row(
            training.step, f"{training.examples:,}", f"{training.steps:,}", f"{training.tokens:,}"
        )
    console = make_console()
    console.print(calls)
    console.print(trainings)
    console.print(
        f"The exam: {planned.exam:,} questions, answered by {planned.evaluations} students:"
        f" {planned.exam * planned.evaluations:,} answers."
    )
    console.print("A refused or unreadable answer is asked again; that is not counted here.")
    if planned.scored:
        console.print(
            f"A trained scorer grades {planned.scored:,} answers in the teacher's place, and takes"
            f" {planned.scorer_grades:,} more of its grades to learn and to be measured by:"
            f" {planned.scored - planned.scorer_grades:,} calls less, if it is never refused."
        )
    for words in planned.remarks:
        console.print(words, markup=False, highlight=False)
    if unknown is not None:
        console.print(unknown, style="bold")
    for line in _over_budget(planned.teacher_calls, prompt + completion, money, recipe):
        console.print(line, style="bold red")


def show_ledger(entries: Sequence[SpendGroup], by: str) -> None:
    """The books of a run, a row for each group and one for all."""
    table = Table(title=f"the ledger by {by}")
    for name in (by, "asks", "answered", "failed", "calls", "prompt tokens"):
        table.add_column(name, justify="left" if name == by else "right")
    for name in ("completion tokens", "US $", "lost calls", "US $ lost"):
        table.add_column(name, justify="right")
    for entry in entries:
        if entry is entries[-1]:
            table.add_section()
        table.add_row(
            entry.group, f"{entry.asks:,}", f"{entry.answered:,}", f"{entry.failed:,}",
            f"{entry.calls:,}", f"{entry.prompt_tokens:,}", f"{entry.completion_tokens:,}",
            _dollars(entry.money, entry), f"{entry.lost:,}", _dollars(entry.lost_money, entry),
        )  # fmt: skip
    make_console().print(table)
    for line in _remarks(entries[-1]):
        make_console().print(line, style="bold")


def _remarks(every: SpendGroup) -> Iterator[str]:
    """What the sums of a ledger do not say by themselves."""
    if every.unpriced:
        yield (
            f"The price of {every.unpriced:,} asks is unknown: set teacher.prompt_price and"
            " teacher.completion_price, and run the same command again."
        )
    if every.untold:
        yield (
            f"The server did not tell the tokens of {every.untold:,} calls: they are booked at the"
            " most they can have taken."
        )
    if every.reused:
        yield f"{every.reused:,} asks were answered from another run's ledger, at no cost."
    if every.open:
        yield (
            f"{every.open:,} calls are in flight; where no run is at work they were when it was"
            " killed, and the next run books them as lost."
        )


def _dollars(money: float, entry: SpendGroup) -> str:
    """Money as far as it is known."""
    if not entry.unpriced:
        return f"{money:.6f}"
    return f"{money:.6f} + unknown" if money else "unknown"


def _over_budget(calls: int, tokens: int, money: float, recipe: Recipe) -> Sequence[str]:
    budget = recipe.budget
    return [
        f"this passes budget.{name}: {amount:,.10g} planned, {limit:,.10g} allowed"
        for name, amount, limit in (
            ("calls", calls, budget.calls),
            ("tokens", tokens, budget.tokens),
            ("money", money, budget.money),
        )
        if limit is not None and amount > limit
    ]


def _share(group: PassRate) -> str:
    return f"{100 * group.share:.1f} ({100 * group.low:.1f}-{100 * group.high:.1f})"
