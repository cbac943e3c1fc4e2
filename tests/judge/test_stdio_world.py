"""Right and faulty programs of the world that read standard input are told apart, all of them."""

import pytest

from sodakd.judge import Judge, Program
from sodakd.types import Language
from tests.judge.stdio_world import problems
from tests.judge.test_programs import skip_where_missing

QUICK = {Language.PYTHON, Language.JAVASCRIPT, Language.C}


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("language", "count"),
    [
        *((language, 5) for language in Language if language in QUICK),
        *(
            pytest.param(one, 100, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])
            for one in Language
        ),
    ],
)
def test_right_and_faulty_programs_of_the_world_are_told_apart(
    language: Language, count: int
) -> None:
    skip_where_missing(language)
    found = problems(language, count)
    asked = [Program(code, language, one.tests) for one in found for code in (one.right, one.wrong)]
    with Judge(workers=1) as judge:
        verdicts = judge.judge_all(asked)
    assert [one.output for one in verdicts[::2] if not one.passed] == []
    assert [one.fault for one, said in zip(found, verdicts[1::2], strict=True) if said.passed] == []
