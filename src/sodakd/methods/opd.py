"""OPD, on-policy distillation: a student writes, and learns the teacher's probabilities of that."""

import math
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import Method, amount_of, nothing_learnt, plain_training, tell_unspent
from sodakd.records import Allowance, OwnAnswer
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.cost import NANO
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.types import Question

_MANY = 1_000_000_000


def opd(context: Context, inputs: RunInputs) -> Path:
    """Train in rounds on the student's own answers of each round; return the last round's student.

    As the first arm it answers each seed `samples` times in all. As a later one it has the first
    one's steps, each answer learnt once, and reads as many tokens as the allowance pays for, spread
    evenly over the rounds; the questions continue the seeds.

    Raises:
        DataError: it is the first arm, and there is nothing to read.
    """
    student, steps = inputs.base, list[str]()
    rounds = _rounds(context, len(inputs.seeds))
    asked = _questions(context, inputs, sum(count for count, _ in rounds))
    for number, (count, settings) in enumerate(rounds, start=1):
        block, asked = asked[:count], asked[count:]
        answers = context.own_answers(f"answers-{number}", student, block)
        left = _tokens_left(context, steps) / (len(rounds) + 1 - number)
        read = _within(answers, left)
        if not read:
            break
        steps.append(f"student-{number}")
        student = context.distil(steps[-1], student, read, settings)
    if not steps:
        return nothing_learnt(
            context, inputs, "the budget pays for no answer that the teacher could read"
        )
    tell_unspent(context, steps, "the teacher makes no calls, and reads each answer once")
    context.record_student("", student)
    return student


def _rounds(context: Context, seeds: int) -> list[tuple[int, TrainingSettings]]:
    """Return the rounds: answers, and the training on them; no round has none."""
    recipe, allowance = context.recipe, context.allowance
    if allowance is None:
        counts = _shares(seeds * recipe.opd.samples, recipe.opd.rounds)
        return [(count, plain_training(recipe, None)) for count in counts]
    size = recipe.training.examples_a_step
    return [
        (steps * size, plain_training(recipe, steps))
        for steps in _shares(max(1, allowance.steps), recipe.opd.rounds)
    ]


def _shares(total: int, most: int) -> list[int]:
    """Return `most` parts of a number, or fewer, as even as they can be; none is 0."""
    count = min(total, most)
    return [total * (at + 1) // count - total * at // count for at in range(count)]


def _questions(context: Context, inputs: RunInputs, count: int) -> Sequence[Question]:
    """Return so many questions, each `samples` times or, of a source with too few, more often."""
    wanted = math.ceil(count / context.recipe.opd.samples)
    return list(islice(cycle(inputs.extend_seeds(wanted)), count))


def _tokens_left(context: Context, steps: Sequence[str]) -> float:
    """Return how many tokens the rest of the arm's budget pays for; without end for calls."""
    allowance = context.allowance
    if allowance is None or allowance.equal == "calls":
        return math.inf
    left = allowance.amount - amount_of(context, steps, allowance.equal)
    return left / _price(context, allowance)


def _price(context: Context, allowance: Allowance) -> float:
    """Return what a token that is read takes of the budget."""
    if allowance.equal == "tokens":
        return 1.0
    return prices_of(context.recipe.teacher).cost_of(_MANY, 0) / NANO / _MANY or math.ulp(0.0)


def _within(answers: Sequence[OwnAnswer], tokens: float) -> Sequence[OwnAnswer]:
    """Return the first answers that together have no more than so many tokens."""
    for count, answer in enumerate(answers):
        tokens -= answer.tokens
        if tokens < 0:
            return answers[:count]
    return answers


METHOD = Method(
    opd,
    title="OPD, on-policy distillation ([GKD, arXiv 2306.13649]"
    "(https://arxiv.org/abs/2306.13649)), as sodakd does it",
    how="In each round the student answers questions, and is trained so that at each token of its\n"
    "own answers its probabilities come nearer to the teacher's. The teacher writes nothing.",
    bibtex="@inproceedings{agarwal2024gkd,\n"
    "  title = {On-Policy Distillation of Language Models: Learning from Self-Generated"
    " Mistakes},\n"
    "  author = {Agarwal, Rishabh and others},\n"
    "  booktitle = {ICLR},\n"
    "  year = {2024},\n"
    "  note = {arXiv:2306.13649}\n"
    "}",
    reads_weights=True,
)
