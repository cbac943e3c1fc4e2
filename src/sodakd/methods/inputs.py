"""`RunInputs`: the data splits and the base student that all arms of a run share.

`QuestionSample`: what a plan knows of them, at no cost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.evaluate.groups import ExamGroup
from sodakd.training.schedule import Example
from sodakd.types import Question


@dataclass(frozen=True, kw_only=True)
class RunQuestions:
    """Test set, dev set, seed questions, and the examples that a base student is made from.

    The test set is the exam; its results are told by `groups`, the first of which is the headline.
    `extend_seeds(count)` returns `count` seed questions: the seeds, then more of their source and
    levels; fewer where it has no more, or the recipe has all arms learn from the same.
    """

    test_set: Sequence[Question]
    dev: Sequence[Question]
    seeds: Sequence[Question]
    base_data: Sequence[Example]
    extend_seeds: Callable[[int], Sequence[Question]]
    groups: Sequence[ExamGroup] = ()


@dataclass(frozen=True, kw_only=True)
class RunInputs(RunQuestions):
    """A run's questions and its base student."""

    base: Path


@dataclass(frozen=True)
class QuestionSample:
    """A few of a run's questions and an answer to each.

    `count_seeds(most)` returns the number of seeds that their source has, `most` at most; where it
    has fewer, `too_few()` is the message that says so.
    """

    questions: Sequence[Question]
    answers: Sequence[str]
    count_seeds: Callable[[int], int]
    too_few: Callable[[], str]
