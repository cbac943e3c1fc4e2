"""Tools behind wrappers (asdf, mise, jenv, ccache, a package's script) are found where they lie."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.judge.go_library import go_root
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.toolchains import toolchain
from sodakd.types import Language
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

WRAPPED = {
    Language.C: ("gcc", "gcc"),
    Language.CPP: ("g++", "g++"),
    Language.JAVA: ("javac", "javac"),
    Language.JAVASCRIPT: ("node", "node"),
    Language.GO: ("go", "go_compile"),
}
"""A command of each language, and the tool that is found by it."""


@pytest.fixture(autouse=True)
def _found_anew() -> Iterator[None]:
    yield
    toolchain.cache_clear()


@pytest.mark.parametrize("language", WRAPPED)
def test_a_tool_behind_a_wrapper_is_the_one_that_it_starts(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_where_missing(language)
    name, tool = WRAPPED[language]
    before = toolchain(language)
    assert isinstance(before, Toolchain)
    real = go_root() / "bin" / "go" if language is Language.GO else shutil.which(name)
    shim = tmp_path / name
    shim.write_text(f'#!/bin/sh\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    toolchain.cache_clear()
    behind = toolchain(language)
    assert isinstance(behind, Toolchain)
    assert behind.tools[tool] == before.tools[tool]
    assert not any(str(tmp_path) in place for place in behind.places)
