"""Answers of models get the verdict that a person gave them."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from tests.golden import ROWS, GoldenRow
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=1), workers=1) as judge:
        yield judge


@pytest.mark.parametrize("row", [row for row in ROWS if row.calls], ids=str)
def test_an_answer_gets_the_verdict_of_a_reader(judge: Judge, row: GoldenRow) -> None:
    assert row.language is not None
    assert row.calls is not None
    skip_where_missing(row.language)
    found = row.extracted()
    verdict = judge.judge(Program(found.code, row.language, row.calls, reason=found.reason))
    assert verdict.outcome is row.outcome, verdict.output
