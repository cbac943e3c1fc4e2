"""From a source to sifted seeds, and from sifted seeds to the questions of a run."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

from sodakd.dedup.contamination import ContaminationIndex
from sodakd.errors import DataError
from sodakd.row_files import holds_rows
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import filter_seeds, question_of
from sodakd.seeds.read import data_files, described_in, read_rows_of
from sodakd.seeds.seed import FilteredSeed, Reason, Seed, Tell, untold
from sodakd.seeds.snippets import read_snippets, source_files
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.settings.sources import exists
from sodakd.types import Language, Question


def read_source(settings: QuestionSettings, seed: int, tell: Tell = untold) -> Iterator[Seed]:
    """The seeds of a source. A folder that holds programs and no rows gives a snippet of each.

    What a source holds that is not read is told.

    Raises:
        DataError: there is no such source, or it cannot be read.
    """
    folder = Path(settings.source)
    described, _ = described_in(settings.source)
    if described is None and exists(folder) and folder.is_dir():
        programs = len(source_files(folder))
        if programs and not any(holds_rows(path) for path in data_files(folder)):
            return read_snippets(folder, seed)
        if programs:
            tell(
                f"{settings.source} holds rows, and they are the questions: its programs"
                f" ({programs:,}) are not read; for snippets of them name a folder without rows"
            )
    return read_seeds(read_rows_of(settings.source, tell), settings.columns, tell)


def load_seeds(
    settings: QuestionSettings,
    seed: int,
    tell: Tell = untold,
    benchmarks: Sequence[Question] = (),
) -> Iterator[FilteredSeed]:
    """Return every seed of a source, sifted: against benchmarks and sources to `exclude` as well.

    Raises:
        DataError: the source, or one to exclude, cannot be read.
    """
    excluded = [question for source in settings.exclude for question in _to_exclude(source)]
    held_out = [*benchmarks, *excluded]
    return filter_seeds(read_source(settings, seed, tell), settings, held_out)


def _to_exclude(source: str) -> list[Question]:
    """Return a source's questions, which are told apart by the last part of its name."""
    seeds = read_seeds(read_rows_of(source), ColumnSettings())
    named = {"source": Path(source).name}
    questions = [question_of(seed, Language.PYTHON) for seed in seeds if seed.text]
    return [question.model_copy(update=named) for question in questions]


@dataclass(frozen=True)
class DatasetSplit:
    """The questions of a run. `rest` are those that were not drawn, in the order of drawing; each
    is read when it is asked for.
    """

    held_out: Sequence[FilteredSeed]
    seeds: Sequence[FilteredSeed]
    rest: Sequence[FilteredSeed]


def draw(
    rows: Sequence[FilteredSeed], settings: QuestionSettings, hold_out: int, seed: int
) -> DatasetSplit:
    """Hold questions out, the same ones for every seed; of the others draw the run's by its seed.

    Any first part of the order has the languages in their proportion, as near as whole questions
    allow. What overlaps with a held-out question is not drawn.

    Raises:
        DataError: fewer questions are left than the recipe asks for.
    """
    kept = [
        _Place(number, row.language)
        for number, row in enumerate(rows)
        if row.kept and row.language is not None
    ]
    wanted = settings.per_language or dict(Counter(place.language for place in kept))
    held = _order(kept, wanted, "hold out")[:hold_out]
    held_out = [rows[place.number] for place in held]
    exam = ContaminationIndex([to_question(row) for row in held_out], ngram=8, limit=0.5)
    taken = {place.number for place in held}
    others = [
        place
        for place in kept
        if place.number not in taken
        and exam.rejection_reason(to_question(rows[place.number])) is None
    ]
    order = _order(others, wanted, f"seeds {seed}")
    if len(order) < settings.seeds:
        tally = Counter(row.counted_as for row in rows)
        tally["overlaps_held_out"] = len(kept) - len(taken) - len(others)
        tally["kept"] -= tally["overlaps_held_out"]
        raise DataError(too_few_message(settings, len(order), len(held_out), tally))
    drawn = _Chosen(rows, [place.number for place in order])
    return DatasetSplit(
        held_out, drawn[: settings.seeds], _Chosen(rows, drawn.numbers[settings.seeds :])
    )


def too_few_message(
    settings: QuestionSettings, left: int, held_out: int, tally: Mapping[str, int]
) -> str:
    """Return the error message of a source with fewer questions than a recipe asks for.

    `tally` counts its rows by what became of them.
    """
    others = {name: count for name, count in tally.items() if name != "kept"}
    reasons = [f"{name} {count:,}" for name, count in Counter(others).most_common() if count]
    given = settings.tests == "given"
    advice = ", questions.tests=teacher" if given and others.get(Reason.UNTESTED) else ""
    return (
        f"questions.seeds asks for {settings.seeds:,}, and {settings.source} leaves {left:,} of"
        f" {sum(tally.values()):,} rows ({', '.join([f'held out {held_out:,}', *reasons])}): ask"
        f" for fewer{advice}, or see why the others were left out: sodakd seeds"
        f" {settings.source}{' tests=given' if given else ''}; a run that was begun needs another"
        " folder: --out DIR"
    )


class _Place(NamedTuple):
    """A kept row by its number, and its language."""

    number: int
    language: Language


class _Chosen(Sequence[FilteredSeed]):
    """Some of the rows, by their numbers."""

    def __init__(self, rows: Sequence[FilteredSeed], numbers: Sequence[int]) -> None:
        self.rows, self.numbers = rows, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> FilteredSeed: ...
    @overload
    def __getitem__(self, at: slice) -> list[FilteredSeed]: ...
    def __getitem__(self, at: int | slice) -> FilteredSeed | list[FilteredSeed]:
        if isinstance(at, slice):
            return [self.rows[number] for number in self.numbers[at]]
        return self.rows[self.numbers[at]]


def to_question(row: FilteredSeed) -> Question:
    """The question of a kept row."""
    assert row.language is not None
    return question_of(row.seed, row.language)


def _order(rows: Sequence[_Place], wanted: Mapping[Language, float], salt: str) -> list[_Place]:
    """Rows in an order drawn by chance within each language; the languages take turns by weight.

    The next row is of the language that is furthest behind its share (Webster's method).
    """
    by_language = {
        language: _shuffled([row for row in rows if row.language is language], language, salt)
        for language in Language
        if wanted.get(language)
    }
    taken = dict.fromkeys(by_language, 0)
    order: list[_Place] = []
    while True:
        open_ = [name for name, found in by_language.items() if taken[name] < len(found)]
        if not open_:
            return order
        ahead = max(open_, key=lambda name: wanted[name] / (2 * taken[name] + 1))
        order.append(by_language[ahead][taken[ahead]])
        taken[ahead] += 1


def _shuffled(rows: Sequence[_Place], language: Language, salt: str) -> list[_Place]:
    return random.Random(f"{salt} {language}").sample(list(rows), len(rows))
