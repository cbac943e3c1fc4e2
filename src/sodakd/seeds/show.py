"""What a source holds, as tables and a histogram in the terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from sodakd.seeds.seed import FilteredSeed, Reason
from sodakd.types import CallTests, Language, Outcome, StdioTests, TestScript

_BAR = 40
_BINS = (5, 10, 15, 20, 30, 40, 60, 80, 120, 200, 400)


def show_sifted(rows: Sequence[FilteredSeed], console: Console) -> None:
    """Why rows were left out, the kept ones by language, and how long they are."""
    console.print(_reasons(rows))
    console.print(_languages(rows))
    console.print(_lengths([row for row in rows if row.kept]))


def _reasons(rows: Sequence[FilteredSeed]) -> Table:
    table = Table("kept or why not", title=f"{len(rows):,} rows", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("share", justify="right")
    table.add_column("what it went by, most often")
    kept = sum(row.kept for row in rows)
    table.add_row("kept", f"{kept:,}", _share(kept, len(rows)), "", style="bold")
    for reason in Reason:
        found = [row for row in rows if row.reason is reason]
        if found:
            most = Counter(row.detail for row in found).most_common(4)
            words = ", ".join(f"{detail} {count}" for detail, count in most)
            table.add_row(reason.value, f"{len(found):,}", _share(len(found), len(rows)), words)
    return table


def _languages(rows: Sequence[FilteredSeed]) -> Table:
    table = Table("language", title="by language", title_justify="left")
    names = (
        "kept",
        "left out",
        "named",
        "by code",
        "by default",
        "calls",
        "script",
        "stdin",
        "untested",
    )
    for name in names:
        table.add_column(name, justify="right")
    for language in Language:
        own = [row for row in rows if row.language is language]
        kept = [row for row in own if row.kept]
        if own:
            told = Counter(row.seen_in.partition(" ")[0].partition(":")[0] for row in kept)
            table.add_row(
                language.value, f"{len(kept):,}", f"{len(own) - len(kept):,}",
                f"{told['named'] + told['column']:,}", f"{told['code']:,}", f"{told['default']:,}",
                *(f"{sum(_tests(row) == kind for row in kept):,}" for kind in names[-4:]),
            )  # fmt: skip
    return table


def _tests(row: FilteredSeed) -> str:
    """The kind of tests that a row brings."""
    tests = row.seed.tests
    if tests is None:
        return "untested"
    return next(name for name, kind in _KINDS.items() if isinstance(tests, kind))


_KINDS: Mapping[str, type] = {"calls": CallTests, "script": TestScript, "stdin": StdioTests}


_NAMED = 20
"""Rows, at most, whose verdict is told; `--out` has all."""


def show_verdicts(rows: Sequence[FilteredSeed], console: Console) -> None:
    """How many answers of each language pass their tests, and which do not."""
    table = Table("language", title="answers that came with their tests", title_justify="left")
    outcomes = [
        one for one in Outcome if any(row.verdict and row.verdict.outcome is one for row in rows)
    ]
    for name in ("tested", "answered", *(one.value for one in outcomes)):
        table.add_column(name, justify="right")
    for language in Language:
        own = [row for row in rows if row.kept and row.language is language and row.seed.tests]
        verdicts = [row.verdict for row in own if row.verdict]
        counts = [sum(one.outcome is outcome for one in verdicts) for outcome in outcomes]
        if own:
            table.add_row(
                language.value, f"{len(own):,}", f"{len(verdicts):,}", *map("{:,}".format, counts)
            )
    console.print(table)
    failed = [(row, row.verdict) for row in rows if row.verdict and not row.verdict.passed]
    for row, verdict in failed[:_NAMED]:
        why = " ".join(verdict.output.split())[:120]
        console.print(f"{row.seed.origin}: {verdict.outcome.value}: {why}", markup=False)
    if len(failed) > _NAMED:
        console.print(f"and {len(failed) - _NAMED:,} more: --out FILE has every verdict")


def _lengths(rows: Sequence[FilteredSeed]) -> Table:
    words = [len(row.seed.text.split()) for row in rows]
    table = Table("words", title="length of the kept questions", title_justify="left", box=None)
    table.add_column("rows", justify="right")
    table.add_column("")
    counts = [
        sum(low < count <= high for count in words)
        for low, high in zip((0, *_BINS), (*_BINS, 10**9), strict=True)
    ]
    most = max(counts, default=0) or 1
    for low, high, count in zip((0, *_BINS), (*_BINS, None), counts, strict=True):
        name = f"{low + 1}-{high}" if high is not None else f"{low + 1}-"
        if count:
            table.add_row(name, f"{count:,}", "█" * max(1, round(_BAR * count / most)))
    return table


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"
