"""The context of a real run: what an arm spent is what was asked and trained, not a forecast."""

import json
from pathlib import Path

import pytest

from sodakd.inference.completions import Completion
from sodakd.judge.judge import Judge
from sodakd.methods.engines import StudentEngine
from sodakd.methods.exam import load_benchmarks
from sodakd.methods.parts import placeholder_feedback
from sodakd.methods.run_context import RunContext, RunResources
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.settings.stages import UpdateSettings
from sodakd.settings.teacher import Budget
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Invent
from sodakd.types import Usage
from tests.methods.test_exam import MBPP, MBPP_ROWS, exam_of, write_mbpp
from tests.stages.test_new_questions import Parrot
from tests.stages.test_pairs import CarelessTeacher

pytestmark = pytest.mark.toolchain


def test_an_arm_has_spent_what_was_asked_again_as_well_and_no_more_when_begun_anew(
    tmp_path: Path,
) -> None:
    recipe = Recipe()
    ledger = Ledger(tmp_path / "l.sqlite", CarelessTeacher(), Prices(0, 0), Budget())
    questions = draw_questions(4, (1, 2), Split.TRAIN, seed=5)
    with Judge(recipe.judge, workers=1) as judge:
        engine = StudentEngine(recipe.generation, None, tmp_path)
        tools = RunResources(recipe, ledger, judge, engine)
        context = RunContext(tools, Run(tmp_path, name="first"), ())
        assert len(context.pairs("pairs", questions)) == 4
        assert context.spent().calls == 5 * 4  # twice a solution, three times a fault
        again = RunContext(tools, Run(tmp_path, name="again"), ())
        again.pairs("pairs", questions)
        assert again.spent() == context.spent()
    ledger.close()


def test_a_task_that_the_exam_does_not_ask_of_its_benchmark_is_no_new_question_either(
    tmp_path: Path,
) -> None:
    write_mbpp(tmp_path)
    exam = exam_of(MBPP.model_copy(update={"limit": 1}), data=tmp_path)
    update = UpdateSettings(new_questions=1, uniform_share=0)
    recipe = Recipe(cycles=1, evaluation=exam, update=update)
    (parent,) = draw_questions(1, (1,), Split.TRAIN, seed=5)
    asked = Invent(question=parent, level=1)
    values = json.loads(WorldTeacher().reply(asked).text.strip("`json\n"))
    text = json.dumps({**values, "text": f"{MBPP_ROWS[3]['text']}\nAnswer in Python."})
    reply = Completion(text=text, usage=Usage(prompt_tokens=1, completion_tokens=1))
    ledger = Ledger(tmp_path / "l.sqlite", Parrot(reply), Prices(0, 0), Budget())
    with Judge(recipe.judge, workers=1) as judge:
        engine = StudentEngine(recipe.generation, None, tmp_path)
        tools = RunResources(recipe, ledger, judge, engine)
        context = RunContext(tools, Run(tmp_path), load_benchmarks(exam))
        assert context.new_questions("questions", [placeholder_feedback(parent)], []) == []
        assert context.counts("questions")["overlaps_mbpp"] > 0
    ledger.close()
