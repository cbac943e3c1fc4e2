"""What the embedded world stands in for: the questions, and a base student that knows some code."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.recipe import Recipe
from sodakd.run import Built, Run
from sodakd.training.batches import Example, count_steps
from sodakd.types import Question, TrainRow
from sodakd.world.draw import draw_questions, program_of
from sodakd.world.languages import print_program
from sodakd.world.splits import Split

_LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Prepared:
    """Where every method starts: the exam, the first questions, the base student and its data."""

    exam: Sequence[Question]
    dev: Sequence[Question]
    seeds: Sequence[Question]
    base_data: Sequence[Question]
    base: Path


def draw_exam(recipe: Recipe, split: Split) -> list[Question]:
    """An evaluation set: as many questions of every level, of held-out skeletons and phrasing."""
    return [
        question
        for level in _LEVELS
        for question in draw_questions(
            recipe.evaluation.questions_per_level,
            (level,),
            split,
            seed=1_000_000 + level,
            language=recipe.questions.language,
        )
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
    """What the base student is made from."""
    return draw_questions(
        recipe.base.questions,
        recipe.base.levels,
        Split.TRAIN,
        seed=3_000_000 + recipe.seed,
        language=recipe.questions.language,
    )


def reference(question: Question) -> str:
    """The world's own program for a question: what a base model has read; no teacher's answer."""
    return print_program(program_of(question), question.language)


def prepare(recipe: Recipe, run: Run) -> Prepared:
    """Draw the questions and make the base student, each once."""

    def questions(split: Split) -> list[Question]:
        return run.rows(f"questions/{split}", Question, lambda: Built(draw_exam(recipe, split)))

    exam = questions(Split(recipe.evaluation.split))
    dev = questions(Split.DEV) if recipe.patience is not None else []
    seeds = run.rows(
        "questions/seeds", Question, lambda: Built(draw_seeds(recipe, recipe.questions.seeds))
    )
    base_data = draw_base_data(recipe)
    base = run.weights("base/student", lambda folder: _make_base(recipe, run, base_data, folder))
    return Prepared(exam, dev, seeds, base_data, base)


def _make_base(
    recipe: Recipe, run: Run, base_data: Sequence[Question], folder: Path
) -> Mapping[str, int]:
    from sodakd.training.fit import fit
    from sodakd.training.student import create_student

    settings = recipe.base.training
    examples = [Example(question.text, reference(question), None) for question in base_data]
    raw = folder / "raw"
    if not raw.exists():
        texts = [text for example in examples for text in (example.prompt, example.chosen)]
        create_student(texts, recipe.base.shape, recipe.seed, folder / "raw.part")
        (folder / "raw.part").replace(raw)
    total = count_steps(len(examples), settings)

    def show(row: TrainRow) -> None:
        run.say("base/student", row.step, total, "train", loss=row.loss)

    rows = fit(raw, examples, settings, recipe.seed, folder, show)
    shutil.rmtree(raw)
    return {
        "examples": len(examples),
        "train_steps": rows[-1].step,
        "train_tokens": rows[-1].tokens,
    }
