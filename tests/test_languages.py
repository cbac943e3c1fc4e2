"""Every table with an entry for each language has one: a new language names what it still lacks."""

from collections.abc import Collection, Mapping

import pytest

from sodakd import types
from sodakd.judge.languages.literals import PLAIN
from sodakd.judge.languages.spec import language_spec
from sodakd.synthetic import languages as synthetic
from sodakd.text import assemble
from sodakd.text.languages import LANGUAGES
from sodakd.types import Language
from tests.judge.programs import ROOT, SCRIPTS

TABLES: Mapping[str, Collection[str]] = {
    "types._WRITTEN": types._WRITTEN,
    "text.languages.LANGUAGES": LANGUAGES,
    "synthetic.languages.STYLES": {*synthetic.STYLES, Language.PYTHON},  # which has a printer
    "tests.judge.programs.SCRIPTS": SCRIPTS,
    "tests/programs": {path.name for path in ROOT.iterdir()},
    "tests/programs/hostile": {path.name for path in (ROOT / "hostile").iterdir()},
    "tests/programs/stdio": {path.name for path in (ROOT / "stdio").iterdir()},
}


@pytest.mark.parametrize("table", TABLES)
def test_every_language_has_an_entry(table: str) -> None:
    assert [one.value for one in Language if one not in TABLES[table]] == []


@pytest.mark.parametrize("language", Language)
def test_every_language_is_one_file_of_the_judge(language: Language) -> None:
    spec = language_spec(language)
    assert f".{spec.suffix}" in LANGUAGES[language].suffixes.split()
    assert spec.install
    assert "work" in spec.reference.code
    assert spec.untested("x = 1").code.strip()


@pytest.mark.parametrize("language", Language)
def test_what_an_entry_names_is_there(language: Language) -> None:
    text = LANGUAGES[language]
    assert text.marks
    assert text.named or text.everyday
    assert text.extends in {"", *LANGUAGES}
    assert text.joined in assemble._ASSEMBLE
    assert text.types is None or all(text.type_name(kind) for kind in PLAIN)
    assert all(text.declared) is (text.types is not None)
