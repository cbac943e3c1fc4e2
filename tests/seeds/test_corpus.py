"""A corpus of source code, and the snippets that are drawn of it."""

import json
from functools import partial
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.seeds.corpus import Document, draw_snippets, read_documents
from sodakd.settings.questions import QuestionSettings
from sodakd.types import Language

PYTHON = "\n".join(f"line_{number} = {number}" for number in range(30))
EVERY = QuestionSettings()


def test_a_folder_of_programs_is_read_by_their_suffixes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(PYTHON)
    (tmp_path / "b.go").write_text("package main\n")
    (tmp_path / "film.ts").write_bytes(b"\0\0")
    (tmp_path / "notes.txt").write_text("no code")
    found = list(read_documents(str(tmp_path), (), EVERY))
    assert [(one.name, one.language) for one in found] == [
        ("a.py", Language.PYTHON), ("b.go", Language.GO), ("film.ts", Language.TYPESCRIPT),
    ]  # fmt: skip
    only = EVERY.model_copy(update={"languages": (Language.GO,)})
    assert [one.name for one in read_documents(str(tmp_path), (), only)] == ["b.go"]


def test_rows_are_read_by_their_column_of_code_and_other_languages_are_passed_over(
    tmp_path: Path,
) -> None:
    rows = [
        {"content": "x = 1", "lang": "Python"},
        {"content": "fn main() {}", "lang": "Rust"},
        {"content": "var x;", "lang": "js"},
        {"content": "x = 2"},
        {"content": None},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = list(read_documents(str(file), (), EVERY))
    assert [(one.language, one.text) for one in found] == [
        (Language.PYTHON, "x = 1"), (Language.JAVASCRIPT, "var x;"), (Language.PYTHON, "x = 2"),
    ]  # fmt: skip
    file.write_text('{"question": "Add."}\n')
    with pytest.raises(DataError, match="holds no source code"):
        list(read_documents(str(file), (), EVERY))
    with pytest.raises(DataError, match=r"oss_instruct\.source"):
        list(read_documents(None, (), EVERY))


def test_snippets_are_1_to_15_consecutive_lines_all_different_and_the_same_for_a_seed() -> None:
    documents = partial(read_documents, None, [PYTHON, "y = 1\n", "}\n", PYTHON], EVERY)
    found = draw_snippets(documents, 20, seed=1)
    assert len({each.text for each in found}) == 20
    for each in found:
        assert each.text in PYTHON or each.text == "y = 1"
        assert 1 <= len(each.text.splitlines()) <= 15
    assert found == draw_snippets(documents, 20, seed=1)
    assert found != draw_snippets(documents, 20, seed=2)


def test_a_corpus_with_few_lines_gives_what_it_has() -> None:
    found = draw_snippets(partial(read_documents, None, ["a = 1", "b = 2"], EVERY), 9, seed=1)
    assert {each.text for each in found} == {"a = 1", "b = 2"}


def test_of_many_files_snippets_are_drawn_evenly() -> None:
    many = [Document(str(at), Language.PYTHON, f"x = {at}") for at in range(1000)]
    places = [int(each.text[4:]) for each in draw_snippets(lambda: many, 200, seed=1)]
    assert 60 < sum(place < 500 for place in places) < 140
