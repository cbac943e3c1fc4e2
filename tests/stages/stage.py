"""A stage's context for tests: a step of a run in an empty folder, and a teacher at no cost."""

from pathlib import Path

from sodakd.judge.judge import Judge
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.settings.teacher import Budget
from sodakd.stages.context import StageContext
from sodakd.teacher.cost import Prices
from sodakd.teacher.dispatcher import Teacher
from sodakd.teacher.ledger import Ledger


def stage(
    folder: Path, teacher: Teacher, judge: Judge | None = None, **sections: object
) -> StageContext:
    """Return the context of a step under the usual recipe but for some sections.

    A stage that runs no program needs no judge.
    """
    recipe = Recipe().model_copy(update=sections)
    ledger = Ledger(folder / "l.sqlite", teacher, Prices(0, 0), Budget())
    return StageContext(recipe, Run(folder), "step", 1, ledger, judge or Judge(recipe.judge))
