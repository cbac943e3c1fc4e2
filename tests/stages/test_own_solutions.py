"""Rejection sampling: what is kept of a student's own answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.judge.judge import Judge
from sodakd.settings.methods import RftSettings
from sodakd.settings.stages import JudgeSettings
from sodakd.stages.own_solutions import own_solutions
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain


class Versatile:
    """A student that solves every question, then in other words, then anew, then not at all."""

    def __init__(self, right: Mapping[str, str]) -> None:
        self.right = right
        self.temperatures: list[float] = []

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
        self.temperatures.append(temperature)
        texts = []
        for at, prompt in enumerate(prompts):
            code = self.right[prompt]
            name = code.partition("(")[0].removeprefix("def ")
            ways = (code, f"# the same\n{code}", f"{code}\n\nunused = {name}\n", "I cannot.")
            texts.append(ways[at % 4])
        return [Generation(text, ended=True) for text in texts]


def test_different_answers_that_pass_are_kept_and_untested_questions_are_not_asked(
    tmp_path: Path,
) -> None:
    questions = draw_questions(3, (1, 2), Split.TRAIN, seed=5)
    student = Versatile({each.text: print_python(program_of(each)) for each in questions})
    untested = questions[0].model_copy(update={"tests": None, "id": "untested", "text": "unknown"})
    with Judge(JudgeSettings(), workers=1) as judge:
        work = stage(tmp_path, WorldTeacher(), judge, rft=RftSettings(samples=4, temperature=0.5))
        built = own_solutions(work, student, [*questions, untested])
    work.ledger.close()
    assert [row.question_id for row in built.rows] == [
        each.id for each in questions for _ in range(2)
    ]
    first = print_python(program_of(questions[0])) + "\n"
    assert built.rows[0].code == first
    assert built.rows[1].code.startswith(first)
    assert "unused" in built.rows[1].code
    assert built.tally["answers"] == 12
    assert built.tally["answers_passed"] == 9
    assert built.tally["kept"] == 6
    assert student.temperatures == [0.5]
