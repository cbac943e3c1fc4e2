"""pass@1 and its interval."""

from dataclasses import replace

import pytest

from sodakd.errors import JudgeError
from sodakd.evaluate.aggregate import notes, result_of
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.passk import interval, wilson
from sodakd.evaluate.samples import JudgedSample
from sodakd.types import JudgeStage, Language, Outcome, Verdict
from tests.evaluate.tasks import task


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_gives_published_values(passed: int, total: int, low: float, high: float) -> None:
    assert wilson(passed, total) == pytest.approx((low, high), abs=1e-4)


def judged(task_id: str, outcome: Outcome, output: str = "") -> JudgedSample:
    verdict = Verdict(outcome=outcome, stage=JudgeStage.RUN, output=output)
    return JudgedSample(
        benchmark="mbpp", language=Language.PYTHON, task_id=task_id, number=0, verdict=verdict
    )


def test_an_answer_whose_tests_cannot_run_here_is_in_no_figure_and_told() -> None:
    lacks = "the tests cannot run here: numpy is missing"
    tasks = [task(Language.PYTHON)] * 3
    own = [
        judged("1", Outcome.PASSED),
        judged("2", Outcome.WRONG_ANSWER),
        judged("3", Outcome.NO_VERDICT, lacks),
    ]
    group = result_of(BENCHMARKS["mbpp"], tasks, [], own)
    assert group is not None
    assert (group.tasks, group.all_tasks, group.pass_at[1]) == (2, 3, 0.5)
    assert any(
        f"1 answers are in no figure: {lacks}" in each for each in notes([group], BENCHMARKS)
    )
    with pytest.raises(JudgeError, match="numpy is missing"):
        result_of(BENCHMARKS["mbpp"], tasks, [], own[2:])


def test_what_a_tasks_own_solution_defines_an_answer_has_to_define_as_well() -> None:
    own = replace(task(Language.PYTHON), id="1", gold="def pair(): ...\n")
    lacks = "the tests cannot run here: they use {}, and nobody defines it"
    for name, tasks in (("pair", 2), ("close", 1)):
        found = [
            judged("1", Outcome.NO_VERDICT, lacks.format(name)),
            judged("2", Outcome.PASSED),
        ]
        group = result_of(BENCHMARKS["mbpp"], [own, task(Language.PYTHON)], [], found)
        assert group is not None
        assert (group.tasks, group.pass_at[1]) == (tasks, 1 / tasks)


def test_one_sample_a_task_has_wilsons_interval() -> None:
    assert interval([1.0] * 81 + [0.0] * 182, 263) == pytest.approx(wilson(81, 263))


def test_more_samples_of_the_same_tasks_narrow_the_interval_only_where_they_differ() -> None:
    alone = wilson(5, 10)
    assert interval([1.0] * 5 + [0.0] * 5, 1000) == pytest.approx(alone)
    assert interval([0.5] * 10, 1000) == pytest.approx(wilson(500, 1000))
    low, high = interval([0.2, 0.8] * 5, 1000)
    assert alone[0] < low < 0.5 < high < alone[1]
    assert interval([1.0] * 10, 1000) == pytest.approx(wilson(10, 10))
