"""Every table with an entry for each language has one: a new language names what it still lacks."""

from collections.abc import Collection, Mapping

import pytest

from sodakd import types
from sodakd.judge.languages.spec import language_spec
from sodakd.seeds import languages, snippets
from sodakd.synthetic import languages as synthetic
from sodakd.text import assemble, labels, language_id, lexer, same_program, signatures
from sodakd.types import Language
from tests.judge.programs import ROOT, SCRIPTS

TABLES: Mapping[str, Collection[str]] = {
    "types._WRITTEN": types._WRITTEN,
    "text.labels._ALIKE": labels._ALIKE,
    "text.language_id._MARKS": language_id._MARKS,
    "text.lexer._SIGNS": lexer._SIGNS,
    "text.same_program._TOKENS": {*same_program._TOKENS, Language.PYTHON},  # it has a parser
    "text.signatures.TYPES": {*signatures.TYPES, Language.PYTHON, Language.JAVASCRIPT},  # untyped
    "text.signatures._FORMS": {*signatures._FORMS, Language.PYTHON, Language.JAVASCRIPT},
    "seeds.languages._PATTERNS": languages._PATTERNS,
    "seeds.snippets.SUFFIXES": {*snippets.SUFFIXES.values()},
    "synthetic.languages.STYLES": {*synthetic.STYLES, Language.PYTHON},  # which has a printer
    "text.assemble._ASSEMBLE": assemble._ASSEMBLE,
    "tests.judge.programs.SCRIPTS": SCRIPTS,
    "tests/programs": {path.name for path in ROOT.iterdir()},
    "tests/programs/hostile": {path.name for path in (ROOT / "hostile").iterdir()},
}


@pytest.mark.parametrize("table", TABLES)
def test_every_language_has_an_entry(table: str) -> None:
    assert [one.value for one in Language if one not in TABLES[table]] == []


@pytest.mark.parametrize("language", Language)
def test_every_language_is_one_file_of_the_judge(language: Language) -> None:
    spec = language_spec(language)
    assert spec.suffix in {suffix[1:] for suffix in snippets.SUFFIXES}
    assert spec.install
    assert "work" in spec.reference.code
    assert spec.untested("x = 1").code.strip()
