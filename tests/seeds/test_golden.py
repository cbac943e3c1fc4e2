"""Rows of the repository's own: what is kept, in which language, and why the others are not."""

import pytest

from sodakd.seeds.load import load_seeds
from sodakd.seeds.seed import FilteredSeed
from sodakd.settings.questions import QuestionSettings
from tests.golden import QUESTIONS, ROWS, GoldenRow


@pytest.fixture(scope="module")
def sifted() -> list[FilteredSeed]:
    return list(load_seeds(QuestionSettings(source=str(QUESTIONS)), 0))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_a_question_in_a_language_or_left_out_for_a_reason(
    sifted: list[FilteredSeed], row: GoldenRow
) -> None:
    seen = sifted[row.number]
    assert (seen.reason, seen.language) == (row.reason, row.language)


def test_every_language_and_eight_reasons_are_among_them() -> None:
    assert len({row.language for row in ROWS if row.reason is None}) == 7
    assert len({row.reason for row in ROWS if row.reason}) == 8
