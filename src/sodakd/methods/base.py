"""The base student: what a run distils into."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.training.batches import Example, count_steps
from sodakd.types import TrainRow


def make_base(
    recipe: Recipe, run: Run, examples: Sequence[Example], folder: Path
) -> Mapping[str, int]:
    """Make a student from scratch that has read these examples.

    Raises:
        DataError: there is nothing for it to read.
    """
    from sodakd.training.fit import fit
    from sodakd.training.student import create_student

    if not examples:
        raise DataError(
            "a student from scratch is made from answers that came with further questions, and"
            " there are none: ask for fewer seeds, or name a pretrained student"
        )
    settings = recipe.base.training
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
