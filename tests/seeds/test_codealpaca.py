"""All rows of CodeAlpaca and of SodaCoder's invented questions: what is kept, and rows by eye.

The rows below were read by a person; what each is called here is what that person called it.
"""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from sodakd.seeds.filter import filter_seeds
from sodakd.seeds.load import read_source
from sodakd.seeds.seed import FilteredSeed, Reason, Seed
from sodakd.settings.questions import QuestionSettings
from sodakd.text.language_id import identify_language
from sodakd.types import Language
from tests.real_data import real_data
from tests.tiny import sodakd

TWO, NEW, INVENTED = (
    "codealpaca/code_alpaca_2k.json",
    "codealpaca/new_codealpaca.json",
    "sodacoder/new_data.json",
)
SHARES: Mapping[str, tuple[int, float, float]] = {
    TWO: (2017, 0.55, 0.62),
    NEW: (4535, 0.51, 0.57),
    INVENTED: (100, 0.36, 0.46),
}


SETTINGS = QuestionSettings(source="rows")
BIG = pytest.mark.slow


@cache
def seeds(name: str) -> list[Seed]:
    return list(read_source(SETTINGS.model_copy(update={"source": str(real_data(name))}), 0))


@cache
def sifted(name: str) -> list[FilteredSeed]:
    return list(filter_seeds(seeds(name), SETTINGS, []))


def sifted_alone(name: str, number: int) -> FilteredSeed:
    return next(filter_seeds([seeds(name)[number]], SETTINGS, []))


@pytest.mark.heavy
@pytest.mark.parametrize("name", [TWO, pytest.param(NEW, marks=BIG), INVENTED])
def test_every_row_is_kept_or_has_its_reason(name: str) -> None:
    rows = sifted(name)
    count, low, high = SHARES[name]
    assert len(rows) == count
    assert low < sum(row.kept for row in rows) / count < high
    assert all(row.language is not None for row in rows if row.kept)
    assert all(row.detail for row in rows if not row.kept)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (TWO, (52, 137, 493, 649, 898, 1122, 1210, 1222, 1387, 1705, 1871, 1913, 1977, 2000)),
        (NEW, (0, 333, 777, 1358, 2145, 2528, 3128, 3340, 3707, 3858, 3955, 4322)),
        (INVENTED, (1, 2, 4, 10, 12, 18, 24, 27, 31, 36, 48, 61, 71, 74, 81, 83, 90, 92, 97)),
    ],
)
def test_good_questions_are_kept(name: str, kept: tuple[int, ...]) -> None:
    assert [number for number in kept if not sifted_alone(name, number).kept] == []


@pytest.mark.parametrize(
    ("name", "number", "reason"),
    [
        (TWO, 133, Reason.NO_PROGRAM_WANTED),
        (TWO, 874, Reason.NO_PROGRAM_WANTED),
        (TWO, 1391, Reason.ANOTHER_LANGUAGE),
        (TWO, 1421, Reason.ANOTHER_LANGUAGE),
        (TWO, 1617, Reason.ANOTHER_LANGUAGE),
        (TWO, 1974, Reason.NEEDS_SCREEN),
        (TWO, 1563, Reason.NEEDS_NETWORK),
        (TWO, 919, Reason.NEEDS_INPUT),
        (TWO, 1006, Reason.NEEDS_FILES),
        (TWO, 1322, Reason.NEEDS_LIBRARY),
        (NEW, 3238, Reason.NO_PROGRAM_WANTED),
        (NEW, 1147, Reason.NEEDS_NETWORK),
        (NEW, 1146, Reason.NEEDS_FILES),
        (NEW, 4199, Reason.NEEDS_INPUT),
        (NEW, 4333, Reason.NEEDS_DATABASE),
        (INVENTED, 0, Reason.NO_PROGRAM_WANTED),
        (INVENTED, 7, Reason.ANOTHER_LANGUAGE),
        (INVENTED, 56, Reason.NO_PROGRAM_WANTED),
        (INVENTED, 64, Reason.NEEDS_NETWORK),
    ],
)
def test_what_cannot_be_a_question_here_is_left_out(name: str, number: int, reason: Reason) -> None:
    assert sifted_alone(name, number).reason is reason


@pytest.mark.parametrize(
    ("name", "number", "language"),
    [
        (TWO, 498, Language.JAVA),
        (TWO, 332, Language.C),
        (TWO, 1122, Language.CPP),
        (NEW, 3340, Language.C),
        (NEW, 3707, Language.CPP),
        (NEW, 3955, Language.JAVA),
        (INVENTED, 31, Language.C),
        (INVENTED, 66, Language.JAVASCRIPT),
    ],
)
def test_languages_are_told_as_a_person_tells_them(
    name: str, number: int, language: Language
) -> None:
    assert sifted_alone(name, number).language is language


@pytest.mark.heavy
@pytest.mark.parametrize("name", [TWO, pytest.param(NEW, marks=BIG)])
def test_a_named_language_is_the_language_of_the_answer(name: str) -> None:
    counts: Counter[bool] = Counter()
    for row in sifted(name):
        if row.kept and row.seen_in.startswith("named") and row.seed.reference:
            guess = identify_language(row.seed.reference)
            if guess is not None:
                counts[guess.label == row.language] += 1
    assert counts[True] / counts.total() > 0.97


def test_the_command_shows_and_writes_what_was_sifted(tmp_path: Path) -> None:
    out = tmp_path / "sifted.jsonl"
    source = str(real_data(INVENTED))
    done = sodakd("seeds", source, "language=java", "--out", str(out), COLUMNS="120")
    assert done.returncode == 0, done.stderr
    assert "100 rows" in done.stdout
    assert "another_language" in done.stdout
    assert "length of the kept questions" in done.stdout
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 100
    assert sum(row["language"] == "java" for row in rows) > 10
    wrong = sodakd("seeds", source, "languge=java")
    assert wrong.returncode == 2
    assert "did you mean language?" in wrong.stderr
