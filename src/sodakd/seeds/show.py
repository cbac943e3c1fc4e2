"""What a source holds, as tables and a histogram in the terminal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from sodakd.seeds.seed import FilteredSeed, Reason
from sodakd.types import CallTests, Language, Outcome, StdioTests, TestScript

_BAR = 40
_BINS = (5, 10, 15, 20, 30, 40, 60, 80, 120, 200, 400)
_NAMED = 20
"""Rows, at most, whose verdict is told; `--out` has all."""
_KINDS: Mapping[str, type] = {"calls": CallTests, "script": TestScript, "stdin": StdioTests}


@dataclass
class SeedTally:
    """Counts of the rows of a source, which are many: the rows themselves are not held.

    `by_language` counts by what is counted (`kept`, `left out`, where the language was seen, the
    kind of tests, the outcome of the answer), `details` what the rows were left out for, `failed`
    the first answers that fail.
    """

    rows: int = 0
    details: dict[Reason, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_language: dict[Language, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    words: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def counted(self, rows: Iterable[FilteredSeed]) -> Iterator[FilteredSeed]:
        """The rows, each counted as it passes."""
        for row in rows:
            self.add(row)
            yield row

    def add(self, row: FilteredSeed) -> None:
        """Count a row."""
        self.rows += 1
        if row.reason is not None:
            self.details[row.reason][row.detail] += 1
        else:
            self.words[len(row.seed.text.split())] += 1
        if row.language is None:
            return
        own = self.by_language[row.language]
        own["kept" if row.kept else "left out"] += 1
        if row.kept:
            own[row.seen_in.partition(" ")[0].partition(":")[0]] += 1
            own[_tests(row)] += 1
        if row.verdict is not None:
            own["answered"] += 1
            own[row.verdict.outcome.value] += 1
            if not row.verdict.passed and len(self.failed) < _NAMED:
                why = " ".join(row.verdict.output.split())[:120]
                self.failed.append(f"{row.seed.origin}: {row.verdict.outcome.value}: {why}")

    @property
    def untold(self) -> int:
        """How many answers failed beside those in `failed`."""
        every = (own["answered"] - own[Outcome.PASSED.value] for own in self.by_language.values())
        return sum(every) - len(self.failed)


def _tests(row: FilteredSeed) -> str:
    """The kind of tests that a row brings."""
    tests = row.seed.tests
    found = (name for name, kind in _KINDS.items() if isinstance(tests, kind))
    return next(found, "untested")


def show_sifted(tally: SeedTally, console: Console) -> None:
    """Why rows were left out, the kept ones by language, and how long they are."""
    console.print(_reasons(tally))
    console.print(_languages(tally))
    console.print(_lengths(tally.words))


def _reasons(tally: SeedTally) -> Table:
    rows = tally.rows
    table = Table("kept or why not", title=f"{rows:,} rows", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("share", justify="right")
    table.add_column("what it went by, most often")
    kept = sum(tally.words.values())
    table.add_row("kept", f"{kept:,}", _share(kept, rows), "", style="bold")
    for reason in Reason:
        if (found := tally.details.get(reason)) is not None:
            words = ", ".join(f"{count:,} x {detail}" for detail, count in found.most_common(4))
            count = found.total()
            table.add_row(reason.value, f"{count:,}", _share(count, rows), words)
    return table


def _languages(tally: SeedTally) -> Table:
    table = Table("language", title="by language", title_justify="left")
    names = ("kept", "left out", "named", "by code", "by default", *_KINDS, "untested")
    for name in names:
        table.add_column(name, justify="right")
    for language in Language:
        if (own := tally.by_language.get(language)) is not None:
            told = {"named": own["named"] + own["column"], "by code": own["code"]}
            told["by default"] = own["default"]
            table.add_row(language.value, *(f"{told.get(name, own[name]):,}" for name in names))
    return table


def show_verdicts(tally: SeedTally, console: Console) -> None:
    """How many answers of each language pass their tests, and which do not."""
    table = Table("language", title="answers that came with their tests", title_justify="left")
    counts = tally.by_language
    outcomes = [one.value for one in Outcome if any(own[one.value] for own in counts.values())]
    for name in ("tested", "answered", *outcomes):
        table.add_column(name, justify="right")
    for language in Language:
        own = counts.get(language, Counter[str]())
        if tested := sum(own[kind] for kind in _KINDS):
            numbers = (tested, *(own[name] for name in ("answered", *outcomes)))
            table.add_row(language.value, *map("{:,}".format, numbers))
    console.print(table)
    for line in tally.failed:
        console.print(line, markup=False)
    if tally.untold:
        console.print(f"and {tally.untold:,} more: --out FILE has every verdict")


def _lengths(words: Mapping[int, int]) -> Table:
    table = Table("words", title="length of the kept questions", title_justify="left", box=None)
    table.add_column("rows", justify="right")
    table.add_column("")
    counts = [
        sum(rows for count, rows in words.items() if low < count <= high)
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
