"""The pairs: kinds of fault, how far a faulty answer is from its correct one, what was verified."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rapidfuzz.distance import Levenshtein

from sodakd.report.bars import histogram, horizontal_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import FAULTS, student_keys
from sodakd.report.reading import Folder, Student
from sodakd.types import PreferencePair

_TOKEN = re.compile(r"\w+|[^\w\s]")
_MEASURED = 3000
"""Pairs of a student whose edit distance is measured, evenly taken."""


@dataclass(frozen=True)
class PairNumbers:
    """A line of the table of pairs, in words."""

    student: str
    pairs: str
    solutions: str
    faults: str
    ratio: str
    distance: str


def edit_distance(pair: PreferencePair) -> int:
    """Tokens to insert, delete or replace to make the faulty answer of the correct one."""
    faulty = pair.rejected or ""
    return Levenshtein.distance(_TOKEN.findall(pair.chosen), _TOKEN.findall(faulty))


def length_ratio(pair: PreferencePair) -> float:
    """Characters of the faulty answer over those of the correct one."""
    return len(pair.rejected or "") / max(1, len(pair.chosen))


def with_fault(pairs: Sequence[PreferencePair]) -> Sequence[PreferencePair]:
    """The pairs that have a faulty half: a run may ask for correct ones alone."""
    return [pair for pair in pairs if pair.rejected is not None]


def fault_figures(folder: Folder) -> list[Figure]:
    """Faults by kind, and the distances of faulty answers from correct ones."""
    found = {row.name: with_fault(row.pairs) for row in folder.students}
    faulty = {name: pairs for name, pairs in found.items() if pairs}
    if not faulty:
        return []
    colours = student_keys(folder)
    keys = [colours[name] for name in faulty]
    counts = [Counter(pair.fault for pair in pairs) for pairs in faulty.values()]
    kinds = [kind for kind in FAULTS if any(count[kind] for count in counts)]
    values = [[count[kind] for count in counts] for kind in kinds]
    bars = horizontal_bars([FAULTS[kind] for kind in kinds], keys, values, "pairs")
    ratios = [length_ratio(pair) for pairs in faulty.values() for pair in pairs]
    measured = [edit_distance(pair) for pairs in faulty.values() for pair in _some(pairs)]
    far = max(10, sorted(measured)[int(0.98 * (len(measured) - 1))] + 1)
    distances = [float(distance) for distance in measured]
    return [
        Figure("Faults by kind", plot(bars, keys), "What was broken in the faulty answers."),
        Figure(
            "Length, faulty over correct",
            plot(histogram(ratios, 0.0, 2.0, 40, "ratio of lengths in characters", "pairs")),
            "Near 1, length tells nothing of what is wrong.",
        ),
        Figure(
            "Edit distance of the two answers",
            plot(histogram(distances, 0.0, far, min(far, 40), "tokens to change", "pairs")),
            "Few tokens apart, a pair teaches exactly what is wrong.",
        ),
    ]


def pair_numbers(folder: Folder) -> list[PairNumbers]:
    """Counts, verified shares and medians of the pairs of each student."""
    return [
        _numbers(row, folder.tallies.get(row.step("pairs"), {}))
        for row in folder.students
        if row.pairs
    ]


def _numbers(row: Student, tally: dict[str, int]) -> PairNumbers:
    kept, faulty = len(row.pairs), with_fault(row.pairs)
    return PairNumbers(
        student=row.name,
        pairs=f"{kept:,}",
        solutions=_share(tally, "solved", "solution_dropped"),
        faults=_share({"pairs": kept, **tally}, "pairs", "fault_dropped"),
        ratio=f"{median(map(length_ratio, faulty)):.3f}" if faulty else "none",
        distance=f"{median(map(edit_distance, _some(faulty))):g}" if faulty else "none",
    )


def _share(tally: dict[str, int], kept: str, dropped: str) -> str:
    if kept not in tally or dropped not in tally:
        return "not counted"
    total = tally[kept] + tally[dropped]
    return f"{100 * tally[kept] / total:.1f} %" if total else "none"


def _some(pairs: Sequence[PreferencePair]) -> Sequence[PreferencePair]:
    return pairs[:: -(-len(pairs) // _MEASURED) or 1]
