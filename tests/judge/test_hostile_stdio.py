"""Hostile programs that read standard input: none passes, and the next good one does."""

from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Isolation, Language, Outcome
from tests.judge.programs import Found
from tests.judge.stdio_cases import TESTS, hostile, plain
from tests.judge.test_programs import skip_where_missing

SLOW = {Language.JAVA, Language.TYPESCRIPT}
"""Languages whose hostile programs are `slow`: others show the same."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=0.5, memory_mb=256), workers=1) as judge:
        yield judge


@pytest.mark.toolchain
@pytest.mark.parametrize(
    "found",
    [
        pytest.param(found, marks=[pytest.mark.slow] if language in SLOW else [])
        for language in Language
        for found in hostile(language)
    ],
    ids=lambda found: f"{found.language}-{found.name}",
)
def test_a_hostile_program_gets_its_verdict_and_the_next_one_its_own(
    judge: Judge, found: Found
) -> None:
    skip_where_missing(found.language)
    good = Program(f"{plain(found.language)}\n", found.language, TESTS)
    assert judge.one(good).passed
    before = len(psutil.Process().children(recursive=True))
    verdict = judge.one(Program(found.code, found.language, TESTS))
    assert (verdict.outcome, verdict.isolation) == (
        Outcome(found.name.split(".")[0]),
        Isolation.SPLIT,
    ), verdict.output
    mark = "#" if found.language is Language.PYTHON else "//"  # equal programs are run once
    assert judge.one(replace(good, code=f"{good.code}{mark} after {found.name}\n")).passed
    assert len(psutil.Process().children(recursive=True)) <= before


def test_every_language_has_hostile_programs() -> None:
    assert all(hostile(language) for language in Language)
