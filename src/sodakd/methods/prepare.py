"""The inputs of a run: questions of the embedded world or real ones, and the base student."""

from dataclasses import replace

from sodakd.evaluate.groups import with_benchmarks
from sodakd.methods import dataset_source, synthetic_source
from sodakd.methods.exam import exam_languages, read_benchmarks
from sodakd.methods.inputs import RunInputs
from sodakd.recipe import Recipe
from sodakd.requirements import require_languages
from sodakd.run import Run
from sodakd.seeds.seed import Tell, untold
from sodakd.types import Question


def prepare(recipe: Recipe, run: Run) -> RunInputs:
    """Return the questions and the base student, each made once.

    The exam is what the source of the questions holds out, and the benchmarks behind it.

    Raises:
        RecipeError: there is no such benchmark.
        DataError: a benchmark or the source of the questions cannot be read, or it leaves too few.
        RunError: a language of the questions cannot be judged here.
    """
    benchmarks = read_benchmarks(recipe, run)
    if not recipe.judge.ray:
        require_languages(exam_languages(recipe))
    inputs = (
        dataset_source.prepare(recipe, run)
        if recipe.questions.real
        else synthetic_source.prepare(recipe, run)
    )
    return replace(
        inputs,
        test_set=[*inputs.test_set, *benchmarks],
        groups=with_benchmarks(inputs.groups, len(inputs.test_set), benchmarks),
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
