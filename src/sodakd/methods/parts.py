"""What methods share: their form, the mixing of training data, and plain imitation."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import DataError
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    BudgetKind,
    Difficulty,
    Feedback,
    Grader,
    RubricScore,
    SftExample,
)
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.cost import NANO
from sodakd.teacher.teacher_endpoint import prices_of
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

    `title`, `how` and `bibtex` are its words on a student's card. `reads_weights`: it takes the
    token probabilities of the teacher, which has to be a model in this process.
    """

    run: Callable[[Context, RunInputs], Path]
    title: str
    how: str
    bibtex: str = ""
    reads_weights: bool = False


def training_of_cycle(recipe: Recipe, cycle: int, settings: TrainingSettings) -> TrainingSettings:
    """Return the settings of a cycle's training: `anneal` may have its learning rate stay."""
    if recipe.anneal == "each" or cycle == recipe.cycles:
        return settings
    return settings.model_copy(update={"lr_scheduler_type": "constant"})


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


def amount_of(context: Context, steps: Sequence[str], equal: BudgetKind) -> float:
    """Return the teacher calls, tokens or US dollars of finished steps."""
    if equal == "calls":
        return calls_of(context, steps)
    counts = [context.counts(step) for step in steps]
    prompt, completion = (
        sum(each.get(f"{kind}_tokens", 0) for each in counts) for kind in ("prompt", "completion")
    )
    if equal == "tokens":
        return prompt + completion
    return prices_of(context.recipe.teacher).cost_of(prompt, completion) / NANO


def calls_left(context: Context, steps: Sequence[str], allowance: Allowance) -> int:
    """Return how many calls the rest of an arm's budget pays for, after its finished steps.

    Of tokens and money it is an estimate, by the mean call of the last step, or of the first arm.
    """
    left = allowance.amount - amount_of(context, steps, allowance.equal)
    spent, made = amount_of(context, steps[-1:], allowance.equal), calls_of(context, steps[-1:])
    mean = spent / made if made else allowance.amount / max(1, allowance.calls)
    return math.ceil(left / mean) if left > 0 and mean > 0 else 0


def solve_within(
    context: Context,
    steps: list[str],
    extend: Callable[[int], Sequence[Question]],
    questions: Sequence[Question] = (),
    *,
    verified: bool = False,
) -> list[SftExample]:
    """Return solutions of questions and of further ones, as long as the arm's budget lasts.

    `extend(count)` returns `count` further questions, or fewer. `steps` are the arm's finished ones
    that asked, and get those in which it is solved: one, and where what calls cost had to be
    guessed, others for the rest.
    """
    allowance = context.allowance
    assert allowance is not None
    found: list[SftExample] = []
    waiting, met, before = list(questions), 0, -1
    while count := calls_left(context, steps, allowance):
        made = calls_of(context, steps)
        if made == before:  # what is solved already asks nothing
            break
        before = made
        if count > len(waiting):
            more = extend(met + count - len(waiting))[met:]
            waiting, met = [*waiting, *more], met + len(more)
        asked, waiting = waiting[:count], waiting[count:]
        if not asked:
            break
        number = 1 + sum(step.startswith("solutions") for step in steps)
        steps.append("solutions" if number == 1 else f"solutions-{number}")
        found += context.solutions(steps[-1], asked, verified=verified)
    return found


def tell_unspent(context: Context, steps: Sequence[str], why: str) -> None:
    """Say how much of its budget an arm's steps leave, where another call would fit, and why."""
    allowance = context.allowance
    if allowance is None:
        return
    left = allowance.amount - amount_of(context, steps, allowance.equal)
    if left > 0 and left >= allowance.amount / max(1, allowance.calls):
        rest, whole = (
            f"{each:,.6g}" if allowance.equal == "money" else f"{each:,}"
            for each in (left, allowance.amount)
        )
        context.report_status(
            steps[-1],
            f"{rest} of the {whole} {_UNITS[allowance.equal]} of this arm stay unspent: {why}",
        )


_UNITS: Mapping[BudgetKind, str] = {
    "calls": "teacher calls",
    "tokens": "teacher tokens",
    "money": "US dollars",
}
