"""PERsD's refinements: only what failed is refined, and only what passes then is kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.inference.completions import Completion
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.judge.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.stages.refinements import refinements
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Refine, TeacherRequest
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain
QUESTIONS = draw_questions(5, (1, 2), Split.TRAIN, seed=5)


class Tries:
    """A student whose answers are right, wrong, no program, and wrong from there on."""

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
        right = print_python(program_of(QUESTIONS[0]))
        texts = [right, "def wrong(:", "I cannot."]
        return [Generation(text, ended=True) for text in (texts + texts[1:2] * 9)[: len(prompts)]]


class Mender(WorldTeacher):
    """The world's teacher, which mends nothing in the fourth question."""

    name = "mender"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Refine] = []

    def reply(self, ask: TeacherRequest) -> Completion:
        assert isinstance(ask, Refine)
        self.asked.append(ask)
        found = super().reply(ask)
        if ask.question.id == QUESTIONS[3].id:
            return Completion(text=f"```python\n{ask.answer}\n```", usage=found.usage)
        return found


def test_failed_answers_are_refined_with_their_error_and_what_passes_then_is_kept(
    tmp_path: Path,
) -> None:
    teacher = Mender()
    untested = QUESTIONS[0].model_copy(update={"tests": None, "id": "untested"})
    with Judge(JudgeSettings(), workers=1) as judge:
        work = stage(tmp_path, teacher, judge)
        built = refinements(work, Tries(), [*QUESTIONS, untested], most=3)
    work.ledger.close()
    assert {ask.question.id: ask.answer for ask in teacher.asked} == {
        QUESTIONS[1].id: "def wrong(:",
        QUESTIONS[2].id: "I cannot.",
        QUESTIONS[3].id: "def wrong(:",
    }
    assert "SyntaxError" in next(
        ask.error for ask in teacher.asked if ask.question.id == QUESTIONS[1].id
    )
    assert [row.question for row in built.rows] == QUESTIONS[1:3]
    for row in built.rows:
        assert row.code == print_python(program_of(row.question)) + "\n"
    assert built.tally["teacher_calls"] == 3
    assert built.tally["solution_compile_error"] == 1
    assert (built.tally["answers"], built.tally["answers_passed"]) == (5, 1)
