"""Hostile programs that read standard input: none passes, and the next good one does."""

from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.synthetic.operations import Kind
from sodakd.types import Isolation, Language, Outcome, StdioCase, StdioTests
from tests.judge.programs import HOSTILE, Found, good, programs
from tests.judge.stdio_cases import TESTS, hostile, plain
from tests.judge.stdio_world import whole
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
    assert judge.judge(good).passed
    before = len(psutil.Process().children(recursive=True))
    verdict = judge.judge(Program(found.code, found.language, TESTS))
    assert (verdict.outcome, verdict.isolation) == (
        Outcome(found.name.split(".")[0]),
        Isolation.SPLIT,
    ), verdict.output
    mark = "#" if found.language is Language.PYTHON else "//"  # equal programs are run once
    assert judge.judge(replace(good, code=f"{good.code}{mark} after {found.name}\n")).passed
    assert len(psutil.Process().children(recursive=True)) <= before


INPUTS = StdioTests(cases=tuple(StdioCase(stdin=f"{n}\n", stdout=f"{2 * n}") for n in (1, 21, -3)))


def doubles(found: Found, mark: str = "") -> Program:
    code = f"{whole(found.code, 'double_it', Kind.N, Kind.N, found.language)}\n{mark}"
    return Program(code, found.language, INPUTS)


@pytest.mark.toolchain
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("language", Language)
def test_programs_that_are_hostile_to_calls_are_so_here_in_vain(
    judge: Judge, language: Language
) -> None:
    skip_where_missing(language)
    passed = []
    for found in programs(HOSTILE, language):
        if judge.judge(doubles(found)).passed:
            passed.append(found.name)
        mark = "#" if language is Language.PYTHON else "//"
        assert judge.judge(doubles(good(language), f"{mark} after {found.name}\n")).passed, (
            found.name
        )
    assert passed == []


def test_every_language_has_hostile_programs() -> None:
    assert all(hostile(language) for language in Language)
