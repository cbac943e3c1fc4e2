"""Real questions: read, filtered and drawn once, each of it a step of the run."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from sodakd.errors import DataError
from sodakd.evaluate.groups import held_out_groups
from sodakd.methods.exam import load_whole_benchmarks
from sodakd.methods.inputs import QuestionSample, RunQuestions
from sodakd.recipe import Recipe
from sodakd.requirements import require_languages
from sodakd.run import Run, StepOutput, StreamedOutput
from sodakd.seeds.load import draw, load_seeds, to_question, too_few_message
from sodakd.seeds.seed import FilteredSeed, Tell, untold
from sodakd.training.schedule import Example
from sodakd.types import Question


def prepare_questions(recipe: Recipe, run: Run) -> RunQuestions:
    """Read the source, hold out the test set and dev, draw the seeds and the base student's data.

    No question overlaps with one of the exam's benchmarks.
    A test set of questions without tests says which answers compile and run to their end. A student
    from scratch is made from the references of questions that were not drawn; a pretrained one has
    read enough.

    Raises:
        DataError: the source cannot be read, or leaves fewer questions than the recipe asks for, or
            no reference for a student from scratch.
    """
    settings = recipe.questions
    filtered = run.cached_row_file("questions/sifted", FilteredSeed, lambda: _filter(recipe, run))
    parts = _parts(recipe)
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
    if not examples and not recipe.student.model_name_or_path:
        raise DataError(
            "a student from scratch is made from answers that came with further questions, and"
            f" none of the {len(drawn.rest):,} that {settings.source} leaves behind the seeds has"
            " one: ask for fewer seeds, or name a pretrained student: student.model_name_or_path;"
            " a run that was begun needs another folder: --out DIR"
        )
    if not recipe.judge.ray:
        require_languages(sorted({question.language for question in (*test_set, *dev, *seeds)}))

    def extended(count: int) -> list[Question]:
        more = drawn.rest[: max(0, settings.seeds_for(count) - len(seeds))]
        return [*seeds, *map(to_question, more)][:count]

    return RunQuestions(
        test_set=test_set,
        dev=dev,
        seeds=seeds,
        base_data=examples,
        groups=held_out_groups(test_set),
        extend_seeds=extended,
    )


def _parts(recipe: Recipe) -> int:
    """Return how many times `hold_out` questions are held out: for the exam, and for dev."""
    return 2 if recipe.patience is not None else 1


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


def sample_for_estimate(recipe: Recipe, count: int, tell: Tell = untold) -> QuestionSample:
    """Return the first kept questions of the source and their references.

    What the files that they are of hold that is not read is told. The source is read no further
    than its questions are counted.

    Raises:
        DataError: the source cannot be read, or no question of it is kept.
    """
    settings, tally = recipe.questions, Counter[str]()
    benchmarks = load_whole_benchmarks(recipe.evaluation)
    rows = load_seeds(settings, recipe.seed, tell=tell, benchmarks=benchmarks)
    held_out = _parts(recipe) * settings.hold_out

    def kept() -> Iterator[FilteredSeed]:
        for row in rows:
            tally[row.counted_as] += 1
            if row.kept:
                yield row

    every = kept()
    first = list(islice(every, count))

    def left() -> int:
        return max(0, tally["kept"] - held_out)

    def count_seeds(most: int) -> int:
        deque(islice(every, max(0, held_out + most - tally["kept"])), maxlen=0)
        return min(most, left())

    def too_few() -> str:
        return too_few_message(settings, left(), min(held_out, tally["kept"]), tally)

    if not first:
        raise DataError(too_few())
    answers = [row.seed.reference or _UNTOLD for row in first]
    return QuestionSample([to_question(row) for row in first], answers, count_seeds, too_few)
