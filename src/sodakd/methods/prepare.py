"""The inputs of a run: questions of the embedded world or real ones, and the base student."""

from dataclasses import replace

from sodakd.evaluate.groups import with_benchmarks
from sodakd.methods import dataset_source, synthetic_source
from sodakd.methods.base_student import base_student
from sodakd.methods.exam import exam_languages, read_benchmarks
from sodakd.methods.inputs import QuestionSample, RunInputs, RunQuestions
from sodakd.recipe import Recipe
from sodakd.requirements import require_languages
from sodakd.run import Run
from sodakd.seeds.seed import Tell, untold


def prepare_questions(recipe: Recipe, run: Run) -> RunQuestions:
    """Return the questions, each set made once; the teacher is not asked, and no model trained.

    The exam is what the source of the questions holds out, and the benchmarks behind it.

    Raises:
        RecipeError: there is no such benchmark.
        DataError: a benchmark or the source of the questions cannot be read, or it leaves too few
            questions, or no reference for a student from scratch.
        RunError: a language of the questions cannot be judged here.
    """
    benchmarks = read_benchmarks(recipe, run)
    if not recipe.judge.ray:
        require_languages(exam_languages(recipe))
    questions = (
        dataset_source.prepare_questions(recipe, run)
        if recipe.questions.real
        else synthetic_source.prepare_questions(recipe, run)
    )
    return replace(
        questions,
        test_set=[*questions.test_set, *benchmarks],
        groups=with_benchmarks(questions.groups, len(questions.test_set), benchmarks),
    )


def with_base_student(recipe: Recipe, run: Run, questions: RunQuestions) -> RunInputs:
    """Return the questions with the base student, which is made once.

    Raises:
        ModelError: the pretrained model cannot be a student.
    """
    base = base_student(recipe, run, questions.base_data)
    return RunInputs(**vars(questions), base=base)


def sample_for_estimate(recipe: Recipe, count: int, tell: Tell = untold) -> QuestionSample:
    """Return a few of the run's questions and an answer to each, at no cost: to measure a plan.

    What their source holds that is not read is told.
    """
    if recipe.questions.real:
        return dataset_source.sample_for_estimate(recipe, count, tell)
    return synthetic_source.sample_for_estimate(recipe, count)
