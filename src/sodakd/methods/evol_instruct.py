"""Evol-Instruct, as WizardCoder has it: questions are rewritten in rounds, each a bit harder."""

import random
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import NOTHING_SOLVED, Method, imitate, nothing_learnt, tell_unspent
from sodakd.teacher.requests import Evolve, Operation


def evol_instruct(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on the teacher's solutions of seeds and of what they evolved to.

    In each round every question is rewritten by an operation that is drawn evenly; one whose
    evolution failed is rewritten again in the next round. As the first arm it begins with the
    recipe's seeds, as a later one with so many that all its calls are the first arm's; what failed
    evolutions leave of these goes to more seeds.

    Raises:
        DataError: it is the first arm, and the teacher gave no right solution at all.
    """
    recipe, allowance = context.recipe, context.allowance
    rounds = recipe.evol_instruct.rounds
    count = recipe.questions.seeds
    if allowance is not None:  # each seed is solved, and in each round asked for and solved
        count = max(1, allowance.calls // (2 * rounds + 1))
    rng = random.Random(f"evol_instruct {recipe.seed}")
    seeds = list(inputs.extend_seeds(count))
    newest, pool = seeds, list(seeds)
    steps = [f"questions-{number}" for number in range(1, rounds + 1)]
    for number, step in enumerate(steps):
        requests = [
            # `attempt` tells a question that is rewritten once more from the time before
            Evolve(question=each, operation=rng.choice(list(Operation)), attempt=number)
            for each in newest
        ]
        evolved = context.asked_questions(step, requests, pool, near_duplicate=1.0)
        by_parent = {each.parent: each for each in evolved}
        newest = [by_parent.get(each.id, each) for each in newest]
        pool += evolved
    questions = pool
    if allowance is not None:
        left = max(0, allowance.calls - len(steps) * len(seeds))
        more = inputs.extend_seeds(len(seeds) + max(0, left - len(pool)))[len(seeds) :]
        questions = [*pool, *more][:left]
    solved = context.solutions("solutions", questions, verified=True)
    if not solved:
        return nothing_learnt(context, inputs, NOTHING_SOLVED)
    tell_unspent(context, [*steps, "solutions"], "the source has no more questions")
    return imitate(context, inputs, solved)


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
