"""Where every method starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.training.batches import Example
from sodakd.types import Question


@dataclass(frozen=True)
class Prepared:
    """The exam, dev, the first questions, and the base student with what it was made from.

    `rest` are further questions like the seeds, in their order: static distillation goes on with
    them. Where questions are drawn, not read, it is empty: there any number can be drawn.
    """

    exam: Sequence[Question]
    dev: Sequence[Question]
    seeds: Sequence[Question]
    rest: Sequence[Question]
    base_data: Sequence[Example]
    base: Path
