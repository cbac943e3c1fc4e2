"""Questions of the embedded world, and the examples that a base student is made from."""

from collections.abc import Sequence

from sodakd.evaluate.groups import ALL, ExamGroup
from sodakd.methods.inputs import QuestionSample, RunQuestions
from sodakd.recipe import Recipe
from sodakd.run import Run, StepOutput
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.splits import HELD_OUT_LEVELS, Split
from sodakd.training.schedule import Example
from sodakd.types import LEVELS, Question


def draw_test_set(recipe: Recipe, split: Split) -> list[Question]:
    """An evaluation set: as many questions of every level, of held-out skeletons and phrasing."""
    return [
        question
        for level in LEVELS
        for question in draw_questions(
            recipe.evaluation.questions_per_level,
            (level,),
            split,
            seed=1_000_000 + level,
            language=recipe.questions.language,
        )
    ]


def level_groups(questions: Sequence[Question]) -> list[ExamGroup]:
    """Group a test set: all, the levels of held-out skeletons if others are there, each level."""
    there = sorted({question.level for question in questions if question.level is not None})
    apart = [level for level in there if level in HELD_OUT_LEVELS]

    def of(name: str, levels: Sequence[int], by: str = "") -> ExamGroup:
        places = [at for at, question in enumerate(questions) if question.level in levels]
        return ExamGroup(name, [places], by)

    return [
        ExamGroup(ALL, [range(len(questions))]),
        *([of(f"levels {apart[0]}-{apart[-1]}", apart)] if 0 < len(apart) < len(there) else ()),
        *(of(f"level {level}", [level], "level") for level in there),
    ]


def draw_seeds(recipe: Recipe, count: int) -> list[Question]:
    """The first `count` seed questions of this run's seed."""
    return draw_questions(
        count,
        recipe.questions.levels,
        Split.TRAIN,
        seed=2_000_000 + recipe.seed,
        language=recipe.questions.language,
    )


def draw_base_data(recipe: Recipe) -> list[Question]:
    """Return the questions that the base student is made from."""
    return draw_questions(
        recipe.base.questions,
        recipe.base.levels,
        Split.TRAIN,
        seed=3_000_000 + recipe.seed,
        language=recipe.questions.language,
    )


def reference_solution(question: Question) -> str:
    """The world's own program for a question: what a base model has read; no teacher's answer."""
    return print_program(program_of(question), question.language)


def prepare_questions(recipe: Recipe, run: Run) -> RunQuestions:
    """Draw the questions, once."""

    def questions(split: Split) -> list[Question]:
        return run.cached_rows(
            f"questions/{split}", Question, lambda: StepOutput(draw_test_set(recipe, split))
        )

    test_set = questions(Split(recipe.evaluation.split))
    dev = questions(Split.DEV) if recipe.patience is not None else []
    seeds = run.cached_rows(
        "questions/seeds", Question, lambda: StepOutput(draw_seeds(recipe, recipe.questions.seeds))
    )
    base_data = [
        Example(question.text, reference_solution(question), None)
        for question in (() if recipe.student.model_name_or_path else draw_base_data(recipe))
    ]
    return RunQuestions(
        test_set=test_set,
        dev=dev,
        seeds=seeds,
        base_data=base_data,
        groups=level_groups(test_set),
        extend_seeds=lambda count: draw_seeds(recipe, recipe.questions.seeds_for(count)),
    )


def sample_for_estimate(recipe: Recipe, count: int) -> QuestionSample:
    """Return seed questions and their programs; the world has as many as are asked for."""
    questions = draw_seeds(recipe, count)
    answers = [reference_solution(question) for question in questions]
    return QuestionSample(questions, answers, count_seeds=lambda most: most, too_few=str)
