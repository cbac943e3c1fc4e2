"""Evol-Instruct, as WizardCoder has it: questions are rewritten in rounds, each a bit harder."""

import random
from collections.abc import Sequence
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import (
    NOTHING_SOLVED,
    Method,
    amount_of,
    imitate,
    nothing_learnt,
    solve_within,
    tell_unspent,
)
from sodakd.records import SftExample
from sodakd.teacher.requests import Evolve, Operation
from sodakd.types import Question

_CAUTION = 4
"""How many times as dear as a call of the first arm one of this may be, where tokens or money are
to be equal: the fewer seeds go first."""
_BLOCKS = 100
"""Times, at most, that seeds go all the way: the second one mostly takes what is left."""


def evol_instruct(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on the teacher's solutions of seeds and of what they evolved to.

    In each round every question is rewritten by an operation that is drawn evenly; one whose
    evolution failed is rewritten again in the next round. As the first arm it begins with the
    recipe's seeds, as a later one with so many that it spends what the first arm did; what failed
    evolutions leave of that goes to more seeds. What a seed takes of tokens or money is not known
    before: then some seeds go all the way first, and others follow.

    Raises:
        DataError: it is the first arm, and the teacher gave no right solution at all.
    """
    recipe, allowance = context.recipe, context.allowance
    rng = random.Random(f"evol_instruct {recipe.seed}")
    steps: list[str] = []
    solved: list[SftExample] = []
    pool: list[Question] = []
    met, count = 0, recipe.questions.seeds
    if allowance is not None:  # each seed is solved, and in each round asked for and solved
        count = max(1, allowance.calls // (2 * recipe.evol_instruct.rounds + 1))
        count = count if allowance.equal == "calls" else max(1, count // _CAUTION)

    def more(further: int) -> Sequence[Question]:
        return inputs.extend_seeds(met + further)[met:]

    for block in range(1, _BLOCKS + 1):
        seeds = more(count)
        if not seeds:
            break
        met += len(seeds)
        prefix = "" if block == 1 else f"block-{block}/"
        evolved = _evolve(context, rng, seeds, pool, steps, prefix)
        pool += evolved
        if allowance is None:
            solved += context.solutions("solutions", evolved, verified=True)
            break
        if allowance.equal == "calls":
            solved += solve_within(context, steps, more, evolved, verified=True)
            break
        steps.append(f"{prefix}solutions")
        solved += context.solutions(steps[-1], evolved, verified=True)
        spent = amount_of(context, steps, allowance.equal)
        count = int((allowance.amount - spent) / (spent / met)) if spent else 0
        if count < 1:
            solved += solve_within(context, steps, more, verified=True)
            break
    if not solved:
        return nothing_learnt(context, inputs, NOTHING_SOLVED)
    tell_unspent(context, steps, "there are no more seeds")
    return imitate(context, inputs, solved)


def _evolve(
    context: Context,
    rng: random.Random,
    seeds: Sequence[Question],
    pool: Sequence[Question],
    steps: list[str],
    prefix: str,
) -> list[Question]:
    """Return seeds and what they evolved to in all rounds; the steps of these are added."""
    newest, found = list(seeds), list(seeds)
    for number in range(context.recipe.evol_instruct.rounds):
        steps.append(f"{prefix}questions-{number + 1}")
        requests = [
            # `attempt` tells a question that is rewritten once more from the time before
            Evolve(question=each, operation=rng.choice(list(Operation)), attempt=number)
            for each in newest
        ]
        evolved = context.asked_questions(steps[-1], requests, [*pool, *found], near_duplicate=1.0)
        by_parent = {each.parent: each for each in evolved}
        newest = [by_parent.get(each.id, each) for each in newest]
        found += evolved
    return found


METHOD = Method(
    evol_instruct,
    title="Evol-Instruct, as WizardCoder has it ([arXiv 2306.08568]"
    "(https://arxiv.org/abs/2306.08568)), as sodakd does it",
    how="The teacher rewrites the questions in rounds, each a bit harder by one of five operations;"
    "\nfailed evolutions are eliminated; it solves what is left, and the student is trained on the"
    "\nsolutions that the judge finds right.",
    bibtex="@inproceedings{luo2024wizardcoder,\n"
    "  title = {WizardCoder: Empowering Code Large Language Models with Evol-Instruct},\n"
    "  author = {Luo, Ziyang and others},\n"
    "  booktitle = {ICLR},\n"
    "  year = {2024},\n"
    "  note = {arXiv:2306.08568}\n"
    "}",
)
