"""What methods share: their form, and the mixing of training data."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.training.batches import Example
from sodakd.types import Pair


@dataclass(frozen=True)
class Method:
    """A way to distil: `run` publishes its students as they come and returns the one to keep.

    `title`, `how` and `bibtex` are its words on a student's card.
    """

    run: Callable[[Context, RunInputs], Path]
    title: str
    how: str
    bibtex: str = ""


def pair_examples(pairs: Sequence[Pair]) -> list[Example]:
    """Return pairs as training examples."""
    return [Example(pair.question.text, pair.chosen, pair.rejected) for pair in pairs]


def mix_replay(
    new: Sequence[Example], older: Sequence[Example], share: float, seed: int
) -> list[Example]:
    """Return new examples with a share of older ones drawn among them, against forgetting."""
    count = min(len(older), round(len(new) * share / (1 - share))) if share < 1 else len(older)
    drawn = random.Random(f"replay {seed}").sample(range(len(older)), count)
    return [*new, *(older[number] for number in sorted(drawn))]
