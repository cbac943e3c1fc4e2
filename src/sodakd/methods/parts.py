"""What methods share: their form, the mixing of training data, and plain imitation."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import DataError
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.recipe import Recipe
from sodakd.records import Difficulty, Feedback, Grader, RubricScore, SftExample
from sodakd.settings.training import TrainingSettings
from sodakd.training.schedule import Example
from sodakd.types import JudgeStage, Outcome, PreferencePair, Question, Solution, Verdict

SEED_TESTS = "seeds/tests"
"""The step in which seeds get tests."""

FULL_MARKS = RubricScore(
    functionality=2, boundary=1, coverage=1, readability=1, practices=1, reason=""
)
NOTHING_SOLVED = (
    "the teacher answered none of the questions, so there is nothing to learn from it: look at its"
    " answers (sodakd record FOLDER --out answers.jsonl)"
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


def imitate(context: Context, inputs: RunInputs, solved: Sequence[SftExample]) -> Path:
    """Train the base student on solutions and replay, without contrast; return the new one.

    It is trained for as many steps as the allowance has, and recorded as the arm's only student.
    """
    recipe, allowance = context.recipe, context.allowance
    new = [Example(each.prompt, each.code, None) for each in solved]
    examples = mix_replay(new, inputs.base_data, recipe.delivery.replay_share, recipe.seed)
    settings = plain_training(recipe, None if allowance is None else allowance.steps)
    student = context.train("student", inputs.base, examples, settings)
    context.record_student("", student)
    return student


def nothing_learnt(context: Context, inputs: RunInputs, why: str) -> Path:
    """Return the base student, which a later arm keeps that has nothing to learn from, and says so.

    Raises:
        DataError: it is the first arm, whose student is handed out.
    """
    if context.allowance is None:
        raise DataError(why)
    context.report_status("student", f"the base student is kept: {why}")
    context.record_student("", inputs.base)
    return inputs.base


def plain_training(recipe: Recipe, steps: int | None) -> TrainingSettings:
    """Return the recipe's training without contrast, of so many steps; None leaves their number."""
    update: dict[str, object] = {"loss": "none"}
    if steps is not None:
        update["max_steps"] = max(1, steps)
    return recipe.training.model_copy(update=update)


def calls_of(context: Context, steps: Sequence[str]) -> int:
    """Return the teacher calls of finished steps."""
    return sum(context.counts(step).get("teacher_calls", 0) for step in steps)


def tell_unspent(context: Context, steps: Sequence[str], why: str) -> None:
    """Say how many calls of the allowance an arm's steps leave, where they leave some, and why."""
    if context.allowance is None:
        return
    left = context.allowance.calls - calls_of(context, steps)
    if left > 0:
        context.report_status(
            steps[-1],
            f"{left:,} of the {context.allowance.calls:,} teacher calls of this arm stay unspent:"
            f" {why}",
        )
