"""Every language gives the verdict that its little programs' file names say."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Isolation, Language, Outcome
from tests.judge.programs import ROOT, Found, programs

ALL = [found for language in Language for found in programs(ROOT, language)]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=1, memory_mb=256), workers=1) as judge:
        yield judge


def skip_where_missing(language: Language) -> None:
    found = toolchain(language)
    if isinstance(found, MissingToolchain):
        pytest.skip(f"{language}: {found.reason}; {found.command}")


@pytest.mark.toolchain
@pytest.mark.parametrize("found", ALL, ids=lambda found: f"{found.language}-{found.name}")
def test_a_program_gets_the_verdict_of_its_name(judge: Judge, found: Found) -> None:
    skip_where_missing(found.language)
    expected = Outcome(found.name.split(".")[0])
    verdict = judge.judge(found.by_calls())
    assert (verdict.outcome, verdict.isolation) == (expected, Isolation.SPLIT), verdict.output
    if found.name == "passed.own_main":  # a script brings the main
        return
    verdict = judge.judge(found.by_script())
    assert verdict.outcome is expected, verdict.output
    if found.language is not Language.PYTHON:
        assert verdict.isolation is Isolation.IN_PROCESS


def test_every_language_has_a_program_for_what_can_happen() -> None:
    wanted = {"passed", "wrong_answer", "compile_error", "runtime_error", "timeout", "output_limit"}
    for language in Language:
        names = {found.name.split(".")[0] for found in programs(ROOT, language)}
        assert wanted <= names, language
