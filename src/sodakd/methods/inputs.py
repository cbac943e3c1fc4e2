"""`RunInputs`: the data splits and the base student that all arms of a run share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.evaluate.groups import ExamGroup
from sodakd.training.schedule import Example
from sodakd.types import Question


@dataclass(frozen=True)
class RunInputs:
    """Test set, dev set, seed questions, and the base student with the examples that made it.

    The test set is the exam; its results are told by `groups`, the first of which is the headline.
    `extend_seeds(count)` returns `count` seed questions: the seeds, then more of their source and
    levels; fewer where it has no more.
    """

    test_set: Sequence[Question]
    dev: Sequence[Question]
    seeds: Sequence[Question]
    base_data: Sequence[Example]
    base: Path
    extend_seeds: Callable[[int], Sequence[Question]]
    groups: Sequence[ExamGroup] = ()
