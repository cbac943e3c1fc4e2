"""The context of a real run: what an arm spent is what was asked and trained, not a forecast."""

from pathlib import Path

import pytest

from sodakd.judge.judge import Judge
from sodakd.methods.engines import StudentEngine
from sodakd.methods.run_context import RunContext, RunResources
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.settings.teacher import Budget
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
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
