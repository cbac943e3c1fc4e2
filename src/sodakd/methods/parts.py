"""What methods share: their form, and the mixing of training data."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.records import Difficulty, Feedback
from sodakd.training.schedule import Example
from sodakd.types import JudgeStage, Outcome, PreferencePair, Question, Solution, Verdict


@dataclass(frozen=True)
class Method:
    """A way to distil: `run` publishes its students as they come and returns the one to keep.

    `title`, `how` and `bibtex` are its words on a student's card.
    """

    run: Callable[[Context, RunInputs], Path]
    title: str
    how: str
    bibtex: str = ""


def unmeasured(question: Question) -> Feedback:
    """Return the feedback of a question that nobody answered: of middling difficulty."""
    return Feedback(
        question=question,
        solution=Solution(question_id=question.id, text="", code="", author=""),
        verdict=Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN),
        findings=(),
        score=None,
        samples=1,
        pass_rate=1.0,
        difficulty=Difficulty.MEDIUM,
        reason="nobody answered it",
    )


def to_examples(pairs: Sequence[PreferencePair]) -> list[Example]:
    """Return pairs as training examples."""
    return [Example(pair.question.text, pair.chosen, pair.rejected) for pair in pairs]


def mix_replay(
    new: Sequence[Example], older: Sequence[Example], share: float, seed: int, cycle: int = 0
) -> list[Example]:
    """Return new examples with a share of older ones drawn among them, against forgetting.

    Each cycle of each seed draws its own.
    """
    count = min(len(older), round(len(new) * share / (1 - share))) if share < 1 else len(older)
    drawn = random.Random(f"replay {1_000_000 * seed + cycle}").sample(range(len(older)), count)
    return [*new, *(older[number] for number in sorted(drawn))]
