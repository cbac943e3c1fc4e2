"""The exam's benchmarks, as a recipe names them: their tasks as questions."""

import difflib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sodakd.errors import DataError, RecipeError
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.benchmarks.task import Benchmark
from sodakd.recipe import Recipe
from sodakd.requirements import missing_languages
from sodakd.run import Run, StepOutput
from sodakd.settings.sources import exists
from sodakd.settings.stages import BenchmarkSettings, EvaluationSettings
from sodakd.types import LEVELS, Language, Question


def benchmark_parts(
    settings: EvaluationSettings,
) -> list[tuple[Benchmark, Language, int | None]]:
    """Return the benchmarks of an exam in each of their languages, with the most tasks of it.

    Raises:
        RecipeError: there is no such benchmark, or it has no tasks in a language.
    """
    mistakes = [words for one in settings.benchmarks for words in _mistakes(one)]
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "\n".join(f"  evaluation.benchmarks: {words}" for words in mistakes)
        raise RecipeError(f"{count} in the recipe:\n{lines}", mistakes)
    return [
        (BENCHMARKS[one.name], language, one.limit)
        for one in settings.benchmarks
        for language in dict.fromkeys(one.languages or BENCHMARKS[one.name].languages)
    ]


def _mistakes(one: BenchmarkSettings) -> Iterator[str]:
    benchmark = BENCHMARKS.get(one.name)
    if benchmark is None:
        near = difflib.get_close_matches(one.name, BENCHMARKS, n=1)
        advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(BENCHMARKS)}"
        yield f"no benchmark {one.name!r}; {advice}"
        return
    for language in one.languages or ():
        if language not in benchmark.origins:
            known = ", ".join(benchmark.languages)
            yield f"{one.name} has no tasks in {language}; it has {known}"


def exam_languages(recipe: Recipe) -> list[Language]:
    """Return the languages of an exam's benchmarks.

    Raises:
        RecipeError: as `benchmark_parts`.
    """
    return sorted({language for _, language, _ in benchmark_parts(recipe.evaluation)})


def missing_for_exam(recipe: Recipe) -> list[str]:
    """Return what the exam's benchmarks want and this machine lacks, a line each.

    Files that are here are read; the hub is not asked.

    Raises:
        RecipeError: as `benchmark_parts`.
    """
    missing = [] if recipe.judge.ray else missing_languages(exam_languages(recipe))
    if recipe.evaluation.data is not None and exists(Path(recipe.evaluation.data)):
        try:
            load_benchmarks(recipe.evaluation)
        except DataError as error:
            missing.append(str(error))
    return missing


@cache  # a run asks before it tries its parts, where it plans, and for the exam itself
def load_benchmarks(settings: EvaluationSettings) -> Sequence[Question]:
    """Return the tasks of an exam's benchmarks, each with its own solution as the reference.

    Raises:
        RecipeError: as `benchmark_parts`.
        DataError: the file of a benchmark is not there, or cannot be read.
    """
    data = None if settings.data is None else Path(settings.data)
    return tuple(
        task.question.model_copy(update={"reference": task.gold})
        for benchmark, language, limit in benchmark_parts(settings)
        for task in load(benchmark, language, data)[:limit]
    )


def load_whole_benchmarks(settings: EvaluationSettings) -> Sequence[Question]:
    """Return every task of an exam's benchmarks, however few it asks: none of them is taught.

    So a student can be tried on all of a benchmark later, and the seeds are those of any `limit`.

    Raises:
        RecipeError, DataError: as `load_benchmarks`.
    """
    whole = tuple(one.model_copy(update={"limit": None}) for one in settings.benchmarks)
    return load_benchmarks(settings.model_copy(update={"benchmarks": whole}))


def read_benchmarks(recipe: Recipe, run: Run) -> list[Question]:
    """Return the tasks that the exam asks of its benchmarks, read once for a run.

    Raises:
        RecipeError, DataError: as `load_benchmarks`.
    """
    if not recipe.evaluation.asked:
        return []
    return run.cached_rows(
        "questions/benchmarks", Question, lambda: StepOutput(load_benchmarks(recipe.evaluation))
    )


def exam_size(recipe: Recipe) -> int:
    """Return how many questions an exam has: of its benchmarks, and held out by the source."""
    own = recipe.evaluation.questions_per_level * len(LEVELS)
    held_out = recipe.questions.hold_out if recipe.questions.real else own
    asked = load_benchmarks(recipe.evaluation) if recipe.evaluation.asked else ()
    return held_out + len(asked)
