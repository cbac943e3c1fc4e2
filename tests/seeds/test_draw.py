"""Seeds are drawn by chance that repeats: languages by weight, held-out questions apart."""

from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import RowFile, write_rows
from sodakd.seeds.load import draw, read_source, to_question
from sodakd.seeds.seed import FilteredSeed, Seed
from sodakd.seeds.snippets import MOST_LINES, read_snippets
from sodakd.settings.questions import QuestionSettings
from sodakd.types import Language
from tests.tiny import ROOT

COUNTS = {Language.PYTHON: 120, Language.JAVA: 60, Language.C: 20}


def rows() -> list[FilteredSeed]:
    return [
        FilteredSeed(
            seed=Seed(text=f"{language} {number} " * 4, file=language, row=number),
            language=language,
            seen_in="column",
            reason=None,
        )
        for language, count in COUNTS.items()
        for number in range(count)
    ]


def settings(seeds: int, **weights: float) -> QuestionSettings:
    chosen = {Language(name): weight for name, weight in weights.items()}
    return QuestionSettings(source="x.jsonl", seeds=seeds, per_language=chosen or None)


def by_language(drawn: list[FilteredSeed]) -> dict[Language, int]:
    return dict(Counter(row.language for row in drawn if row.language is not None))


def test_languages_come_in_their_proportion_whatever_the_count() -> None:
    for count in (20, 50, 100):
        drawn = draw(rows(), settings(count), 0, seed=1)
        expected = {language: COUNTS[language] * count / 200 for language in COUNTS}
        for language, found in by_language(list(drawn.seeds)).items():
            assert abs(found - expected[language]) <= 1


def test_rows_in_a_file_are_drawn_as_rows_in_memory(tmp_path: Path) -> None:
    write_rows(path := tmp_path / "rows.jsonl", rows())
    in_file = draw(RowFile(path, FilteredSeed), settings(50), 30, seed=1)
    in_memory = draw(rows(), settings(50), 30, seed=1)
    for name in ("held_out", "seeds", "rest"):
        assert list(getattr(in_file, name)) == list(getattr(in_memory, name))


def test_weights_of_the_recipe_decide_and_what_is_short_is_made_up_for() -> None:
    drawn = draw(rows(), settings(60, python=1, c=1), 0, seed=1)
    assert by_language(list(drawn.seeds)) == {Language.PYTHON: 40, Language.C: 20}


def test_the_exam_is_the_same_for_every_seed_and_never_studied() -> None:
    one, other = (draw(rows(), settings(50), 30, seed) for seed in (1, 2))
    again = draw(rows(), settings(50), 30, seed=1)
    assert one.held_out == other.held_out
    assert one.seeds == again.seeds
    assert one.seeds != other.seeds
    parts = [{row.seed.origin for row in part} for part in (one.held_out, one.seeds, one.rest)]
    assert [len(part) for part in parts] == [30, 50, 120]
    assert len(set.union(*parts)) == 200


def test_the_exam_s_task_in_another_language_is_not_studied() -> None:
    task = "Write a {} function that returns the longest word of a given sentence of words."
    twins = [
        FilteredSeed(
            seed=Seed(text=task.format(language), file=language, row=0),
            language=language,
            seen_in="named",
            reason=None,
        )
        for language in (Language.PYTHON, Language.JAVA)
    ]
    others = [row for row in rows() if row.language is Language.C]
    drawn = draw([*twins, *others], settings(20, python=9, java=1, c=1), 1, seed=0)
    assert [row.language for row in drawn.held_out] == [Language.PYTHON]
    assert {row.language for row in drawn.seeds} == {Language.C}


def test_to_ask_for_too_many_says_how_many_there_are() -> None:
    with pytest.raises(DataError, match=r"asks for 190, and x.jsonl leaves 180 of 200 rows"):
        draw(rows(), settings(190), 20, seed=1)


def test_snippets_of_source_files_are_seeds_that_repeat() -> None:
    folder = ROOT / "tests" / "programs"
    first, again, other = (list(read_snippets(folder, seed)) for seed in (0, 0, 1))
    assert first == again
    assert [seed.text for seed in first] != [seed.text for seed in other]
    assert {seed.label for seed in first} == {language.value for language in Language}
    for seed in first:
        lines = seed.text.split("```")[1].splitlines()[1:]
        assert 1 <= len(lines) <= MOST_LINES
        held = (folder / seed.file).read_text(errors="replace").splitlines()
        assert lines[0] == held[seed.row - 1].rstrip()


def test_a_folder_of_programs_gives_snippets_and_one_of_rows_gives_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "Sort a list."}\n', encoding="utf-8")
    source = QuestionSettings(source=str(tmp_path))
    assert [seed.text for seed in read_source(source, 0)] == ["Sort a list."]
    (tmp_path / "rows.jsonl").unlink()
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    (seed,) = read_source(source, 0)
    assert "```python\nx = 1\n```" in seed.text
    assert (
        to_question(
            FilteredSeed(seed=seed, language=Language.PYTHON, seen_in="column", reason=None)
        ).text
        == seed.text
    )
