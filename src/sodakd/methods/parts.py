"""What methods share: their form, and the mixing of training data."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.records import Difficulty, Feedback, Grader, RubricScore
from sodakd.training.schedule import Example
from sodakd.types import JudgeStage, Outcome, PreferencePair, Question, Solution, Verdict

FULL_MARKS = RubricScore(
    functionality=2, boundary=1, coverage=1, readability=1, practices=1, reason=""
)


@dataclass(frozen=True)
class Method:
    """A distillation method: `run` trains and records students, and returns the final one.

    `title`, `how` and `bibtex` are its words on a student's card.
    """

    run: Callable[[Context, RunInputs], Path]
    title: str
    how: str
    bibtex: str = ""


def placeholder_feedback(
    question: Question, score: RubricScore | None = None, grader: Grader = Grader.TEACHER
) -> Feedback:
    """Return feedback of medium difficulty for a question that the student did not answer."""
    return Feedback(
        question=question,
        solution=Solution(question_id=question.id, text="", code="", author=""),
        verdict=Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN),
        findings=(),
        score=score,
        grader=grader,
        samples=1,
        pass_rate=1.0,
        difficulty=Difficulty.MEDIUM,
        reason="nobody answered it",
    )


def to_examples(pairs: Sequence[PreferencePair]) -> list[Example]:
    """Return pairs as training examples."""
    return [Example(pair.question.text, pair.chosen, pair.rejected) for pair in pairs]


def mix_replay(
    new: Sequence[Example], replay: Sequence[Example], share: float, seed: int, cycle: int = 0
) -> list[Example]:
    """Return new examples and a share of replayed ones, sampled against forgetting.

    Each cycle of each seed draws its own.
    """
    count = min(len(replay), round(len(new) * share / (1 - share))) if share < 1 else len(replay)
    drawn = random.Random(f"replay {1_000_000 * seed + cycle}").sample(range(len(replay)), count)
    return [*new, *(replay[number] for number in sorted(drawn))]
