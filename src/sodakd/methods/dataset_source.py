"""Real questions: read, filtered and drawn once, each of it a step of the run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from sodakd.errors import DataError
from sodakd.evaluate.groups import held_out_groups
from sodakd.methods.base_student import base_student
from sodakd.methods.exam import load_whole_benchmarks
from sodakd.methods.inputs import RunInputs
from sodakd.recipe import Recipe
from sodakd.requirements import require_languages
from sodakd.run import Run, StepOutput, StreamedOutput
from sodakd.seeds.load import draw, load_seeds, to_question
from sodakd.seeds.seed import FilteredSeed, Tell, untold
from sodakd.training.schedule import Example
from sodakd.types import Question


def prepare(recipe: Recipe, run: Run) -> RunInputs:
    """Read the source, hold out the test set and dev, draw the seeds, make the base student.

    No question overlaps with one of the exam's benchmarks.
    A test set of questions without tests says which answers compile and run to their end. A student
    from scratch is made from the references of questions that were not drawn; a pretrained one has
    read enough.

    Raises:
        DataError: the source cannot be read, or leaves fewer questions than the recipe asks for.
    """
    settings = recipe.questions
    filtered = run.cached_row_file("questions/sifted", FilteredSeed, lambda: _filter(recipe, run))
    parts = 2 if recipe.patience is not None else 1
    drawn = draw(filtered, settings, parts * settings.hold_out, recipe.seed)

    def step(name: str, rows: Sequence[FilteredSeed]) -> list[Question]:
        return run.cached_rows(
            f"questions/{name}", Question, lambda: StepOutput([to_question(row) for row in rows])
        )

    test_set = step(recipe.evaluation.split, drawn.held_out[::parts])
    dev = step("dev", drawn.held_out[1::parts]) if parts == 2 else []
    seeds = step("seeds", drawn.seeds)
    from_answers = (
        Example(to_question(row).text, row.seed.reference, None)
        for row in (() if recipe.student.model_name_or_path else drawn.rest)
        if row.seed.reference is not None
    )
    examples = list(islice(from_answers, recipe.base.questions))
    if not recipe.judge.ray:
        require_languages(sorted({question.language for question in (*test_set, *dev, *seeds)}))
    base = base_student(recipe, run, lambda: examples)

    def extended(count: int) -> list[Question]:
        more = drawn.rest[: max(0, count - len(seeds))]
        return [*seeds, *map(to_question, more)][:count]

    return RunInputs(
        test_set=test_set,
        dev=dev,
        seeds=seeds,
        base_data=examples,
        base=base,
        groups=held_out_groups(test_set),
        extend_seeds=extended,
    )


def _filter(recipe: Recipe, run: Run) -> StreamedOutput[FilteredSeed]:
    tell = partial(run.remark, "questions/sifted")
    tally = Counter[str]()
    benchmarks = load_whole_benchmarks(recipe.evaluation)

    def counted() -> Iterator[FilteredSeed]:
        for row in load_seeds(recipe.questions, recipe.seed, tell=tell, benchmarks=benchmarks):
            tally[row.counted_as] += 1
            yield row

    return StreamedOutput(counted(), tally)


_UNTOLD = "x" * 1800
"""Stands for an answer where the source has none: the length of the paper's (median)."""


def sample_for_estimate(
    recipe: Recipe, count: int, tell: Tell = untold
) -> tuple[list[Question], list[str]]:
    """The first kept questions of the source and their references.

    What the files that they are of hold that is not read is told.

    Raises:
        DataError: the source cannot be read, or no question of it is kept.
    """
    benchmarks = load_whole_benchmarks(recipe.evaluation)
    every = load_seeds(recipe.questions, recipe.seed, tell=tell, benchmarks=benchmarks)
    kept = (row for row in every if row.kept)
    rows = list(islice(kept, count))
    if not rows:
        raise DataError(
            f"no question of {recipe.questions.source} can be used; see why:"
            f" sodakd seeds {recipe.questions.source}"
        )
    return [to_question(row) for row in rows], [row.seed.reference or _UNTOLD for row in rows]
