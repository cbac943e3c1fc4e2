"""What every arm of a run begins with: the same questions and the same base student."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.training.schedule import Example
from sodakd.types import Question


@dataclass(frozen=True)
class RunInputs:
    """Test set, dev set, seed questions, and the base student with the examples that made it.

    Of the `held_out_levels` no test program is in any training: they are counted apart as well.
    `like_seeds(count)` gives the seeds and as many more like them as make `count`; fewer where the
    source of the questions has no more.
    """

    test_set: Sequence[Question]
    dev: Sequence[Question]
    seeds: Sequence[Question]
    base_data: Sequence[Example]
    base: Path
    like_seeds: Callable[[int], Sequence[Question]]
    held_out_levels: Sequence[int] = ()
