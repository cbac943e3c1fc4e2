"""How a run starts: with questions of the embedded world, or with real ones."""

from sodakd.methods import embedded, real
from sodakd.methods.given import Prepared
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.types import Question


def prepare(recipe: Recipe, run: Run) -> Prepared:
    """Get the questions and the base student, each once.

    Raises:
        DataError: the source of the questions cannot be read, or leaves too few.
    """
    return real.prepare(recipe, run) if recipe.questions.real else embedded.prepare(recipe, run)


def first_questions(recipe: Recipe, given: Prepared, count: int) -> list[Question]:
    """The seeds and as many more like them as make `count`; fewer where a source has no more."""
    if recipe.questions.real:
        return [*given.seeds, *given.rest][:count]
    return embedded.draw_seeds(recipe, count)


def sample_answers(recipe: Recipe, count: int) -> tuple[list[Question], list[str]]:
    """A few of the run's questions and an answer to each, at no cost: to measure a plan by."""
    if recipe.questions.real:
        return real.sample_answers(recipe, count)
    return embedded.sample_answers(recipe, count)
