"""Several answers to a question: all of them make its pass rate, the first one is looked at."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sodakd.inference.completions import Completion
from sodakd.inference.protocols import Generation
from sodakd.judge.judge import Judge
from sodakd.records import Difficulty
from sodakd.settings.stages import FeedbackSettings, JudgeSettings, Lint
from sodakd.stages.feedback import collect_feedback
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Grade, TeacherRequest
from sodakd.types import Outcome, Question, Usage
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain

RIGHT = "def total(xs):\n    return sum(xs)\n"
WRONG = "def total(xs):\n    return 0\n"


class Wavering:
    """A student that gives its answers in turn."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def generate(self, prompts: Sequence[str], **_: object) -> list[Generation]:
        self.asked = list(prompts)
        return [
            Generation(self.answers[number % len(self.answers)], ended=True)
            for number in range(len(prompts))
        ]


class Generous(WorldTeacher):
    """Six points for every answer; it keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.graded: list[str] = []

    def reply(self, ask: TeacherRequest) -> Completion:
        assert isinstance(ask, Grade)
        self.graded.append(ask.answer)
        points = "Well done.\n" + "\n".join(
            f"Rule {rule}: {most}" for rule, most in enumerate((2, 1, 1, 1, 1), start=1)
        )
        return Completion(text=points, usage=Usage(prompt_tokens=1, completion_tokens=1))


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        yield judge


def test_all_samples_make_the_pass_rate_and_the_first_one_is_graded(
    question: Question, judge: Judge, tmp_path: Path
) -> None:
    settings = FeedbackSettings(samples=4, temperature=1.0, lint=Lint.OFF)
    student, teacher = Wavering(WRONG, RIGHT, RIGHT, RIGHT), Generous()
    other = question.model_copy(update={"id": "other", "text": "Add them up, please."})
    work = stage(tmp_path, teacher, judge, feedback=settings)
    built = collect_feedback(work, student, [question, other])
    assert student.asked == [question.text] * 4 + [other.text] * 4
    assert teacher.graded == [WRONG, WRONG]
    assert [row.question.id for row in built.rows] == [question.id, "other"]
    for row in built.rows:
        assert (row.samples, row.pass_rate, row.difficulty) == (4, 0.75, Difficulty.MEDIUM)
        assert row.solution.code == WRONG
        assert row.verdict.outcome is Outcome.WRONG_ANSWER
    assert (built.tally["passed"], built.tally["wrong_answer"], built.tally["medium"]) == (6, 2, 2)


def test_of_a_question_without_tests_the_rubric_decides(
    question: Question, judge: Judge, tmp_path: Path
) -> None:
    settings = FeedbackSettings(lint=Lint.OFF)
    untested = question.model_copy(update={"tests": None})
    work = stage(tmp_path, Generous(), judge, feedback=settings)
    (row,) = collect_feedback(work, Wavering(WRONG), [untested]).rows
    assert row.difficulty is Difficulty.MASTERED
    assert row.reason == (
        "1 of 1 ran, without tests; the teacher gave 6 of 6; decided by the rubric"
    )
