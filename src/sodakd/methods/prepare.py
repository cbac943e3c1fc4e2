"""The inputs of a run: questions of the embedded world or real ones, and the base student."""

from sodakd.methods import dataset_source, synthetic_source
from sodakd.methods.inputs import RunInputs
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.seeds.columns import Tell, untold
from sodakd.types import Question


def prepare(recipe: Recipe, run: Run) -> RunInputs:
    """Return the questions and the base student, each made once.

    Raises:
        DataError: the source of the questions cannot be read, or leaves too few.
    """
    return (
        dataset_source.prepare(recipe, run)
        if recipe.questions.real
        else synthetic_source.prepare(recipe, run)
    )


def sample_for_estimate(
    recipe: Recipe, count: int, tell: Tell = untold
) -> tuple[list[Question], list[str]]:
    """Return a few of the run's questions and an answer to each, at no cost: to measure a plan.

    What their source holds that is not read is told.
    """
    if recipe.questions.real:
        return dataset_source.sample_for_estimate(recipe, count, tell)
    return synthetic_source.sample_for_estimate(recipe, count)
