"""A student's answers that were cut off are counted, and without tests are no whole programs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.judge.judge import Judge
from sodakd.settings.stages import FeedbackSettings, JudgeSettings, Lint
from sodakd.stages.feedback import collect_feedback
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.types import Outcome, Question
from tests.stages.stage import stage
from tests.teacher.shop import question as untested

pytestmark = pytest.mark.toolchain

CODE = "def total(xs):\n    return sum(xs)\n"


class Student:
    """It says one thing."""

    def __init__(self, said: Generation) -> None:
        self.said = said

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        return [self.said for _ in prompts]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        yield judge


@pytest.mark.parametrize(
    ("text", "ended", "outcome"),
    [
        (CODE, True, Outcome.PASSED),
        (CODE, False, Outcome.NOT_EXECUTABLE),
        (f"```python\n{CODE}", False, Outcome.NOT_EXECUTABLE),
        (f"```python\n{CODE}```\nIt adds", False, Outcome.PASSED),
    ],
)
def test_a_cut_answer_without_tests_is_a_program_where_its_fence_closes(
    text: str, ended: bool, outcome: Outcome, judge: Judge, tmp_path: Path
) -> None:
    found, tally = outcome_of(untested("Add up."), Generation(text, ended=ended), judge, tmp_path)
    assert found is outcome
    assert tally == (0 if ended else 1)


def test_tests_tell_whether_a_cut_answer_is_right(
    question: Question, judge: Judge, tmp_path: Path
) -> None:
    assert outcome_of(question, Generation(CODE, ended=False), judge, tmp_path) == (
        Outcome.PASSED,
        1,
    )


def outcome_of(
    asked: Question, said: Generation, judge: Judge, folder: Path
) -> tuple[Outcome, int]:
    settings = FeedbackSettings(lint=Lint.OFF, scorer="none")
    work = stage(folder, WorldTeacher(), judge, feedback=settings)
    built = collect_feedback(work, Student(said), [asked])
    work.ledger.close()
    return built.rows[0].verdict.outcome, built.tally["cut"]
