"""Stage 2's tool view: what static tools find in the student's answers stands in their rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.errors import JudgeError
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.judge.judge import Judge
from sodakd.judge.lint import ruff
from sodakd.records import Feedback
from sodakd.run import StepOutput
from sodakd.settings.stages import FeedbackSettings, JudgeSettings, Lint
from sodakd.stages.feedback import collect_feedback
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.types import Outcome, Question, Severity
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain

ANSWERS = (
    "Here:\n\n```python\nimport os\n\n\ndef total(xs):\n    return sum(xs)\n```\n",
    "```python\ndef total(xs):\n    if not xs:\n        return 0\n    return summe(xs)\n```\n",
    "I cannot.",
)


class Recorded:
    """A student whose answers are known."""

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
        return [
            Generation(ANSWERS[number % len(ANSWERS)], ended=True) for number in range(len(prompts))
        ]


def feedback(folder: Path, question: Question, lint: Lint) -> StepOutput[Feedback]:
    settings = FeedbackSettings(lint=lint, scorer="none")
    asked = [question.model_copy(update={"id": str(number)}) for number in range(3)]
    with Judge(JudgeSettings(), workers=1) as judge:
        work = stage(folder, WorldTeacher(), judge, feedback=settings)
        built = collect_feedback(work, Recorded(), asked)
    work.ledger.close()
    return built


def written(rows: Sequence[Feedback]) -> list[str]:
    return [row.model_dump_json() for row in rows]


def test_the_rows_of_feedback_hold_findings_and_the_same_verdicts(
    tmp_path: Path, question: Question
) -> None:
    try:
        ruff.find()
    except JudgeError as error:
        pytest.skip(str(error))
    with_tools = feedback(tmp_path, question, Lint.FAST)
    found = [
        [(one.rule, one.line, one.severity) for one in row.findings] for row in with_tools.rows
    ]
    assert found == [[("F401", 1, Severity.WARNING)], [("F821", 4, Severity.ERROR)], []]
    assert with_tools.tally["findings"] == with_tools.tally["answers_with_findings"] == 2
    outcomes = [row.verdict.outcome for row in with_tools.rows]
    assert outcomes == [Outcome.PASSED, Outcome.RUNTIME_ERROR, Outcome.NOT_EXECUTABLE]
    without = feedback(tmp_path, question, Lint.OFF)
    bare = [row.model_copy(update={"findings": ()}) for row in with_tools.rows]
    assert written(without.rows) == written(bare)
    assert "findings" not in without.tally
