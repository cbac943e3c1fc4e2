"""Lion, adversarial distillation: imitate, have a referee compare, generate from hard and easy."""

from collections.abc import Sequence
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import (
    NOTHING_SOLVED,
    Method,
    mix_replay,
    nothing_learnt,
    plain_training,
    solve_within,
    tell_unspent,
    training_of_cycle,
)
from sodakd.records import SftExample
from sodakd.teacher.requests import Evolve, Invent, Operation
from sodakd.training.schedule import Example
from sodakd.types import Question

_MIDDLE = 3
"""The level that is asked for where a question has none."""


def lion(context: Context, inputs: RunInputs) -> Path:
    """Run cycles of imitation, comparison and generation; return the last cycle's student.

    Of each cycle's solved questions some are probes: the student answers them before it is trained
    on them, beside the teacher. New questions come half from those that it does worse at by a point
    or more (hard), half from the others. As the first arm it has the recipe's numbers; as a later
    one all of them are scaled so that the calls come out at the first arm's. What is left of equal
    tokens or money then goes to more seeds.

    Raises:
        DataError: it is the first arm, and the teacher gave no right solution at all.
    """
    recipe, allowance = context.recipe, context.allowance
    cycles, later = recipe.cycles, recipe.cycles - 1
    count, probes, new = recipe.questions.seeds, recipe.feedback.probes, recipe.update.new_questions
    if allowance is not None:
        share = allowance.calls / (count + later * 2 * (probes + new))
        probes, new = max(1, int(probes * share)), max(1, int(new * share))
        count = max(2, allowance.calls - later * 2 * (probes + new))

    def more_seeds(more: int) -> Sequence[Question]:
        return inputs.extend_seeds(count + more)[count:]

    questions = list(inputs.extend_seeds(count))
    pool, replay, held = list(questions), list(inputs.base_data), list[SftExample]()
    student, steps = inputs.base, list[str]()
    for cycle in range(1, cycles + 1):
        prefix = f"cycle-{cycle}"
        steps.append(f"{prefix}/solutions")
        solved = list(context.solutions(steps[-1], questions, verified=True))
        if cycle == cycles and allowance is not None and allowance.equal != "calls":
            solved += solve_within(context, steps, more_seeds, verified=True)
        if not solved and cycle == 1:
            return nothing_learnt(context, inputs, NOTHING_SOLVED)
        tried = solved[: min(probes, len(solved) - 1)] if cycle < cycles else []
        learnt = [Example(each.prompt, each.code, None) for each in [*held, *solved[len(tried) :]]]
        if not learnt:
            break
        examples = mix_replay(learnt, replay, recipe.delivery.replay_share, recipe.seed, cycle)
        total = None if allowance is None else allowance.steps
        part = None if total is None else total * cycle // cycles - total * (cycle - 1) // cycles
        settings = training_of_cycle(recipe, cycle, plain_training(recipe, part))
        student = context.train(f"{prefix}/student", student, examples, settings)
        context.record_student(str(cycle), student, f"{prefix}/")
        if cycle == cycles:
            break
        known = {each.id: each for each in questions}
        pairs = [(known[each.question_id], each.code) for each in tried]
        steps.append(f"{prefix}/comparisons")
        compared = context.comparisons(steps[-1], student, pairs)
        hard = [each.question for each in compared if each.is_hard]
        easy = [each.question for each in compared if not each.is_hard]
        steps.append(f"{prefix}/questions")
        requests = _requests(hard, easy, new)
        near = recipe.update.near_duplicate
        questions = list(context.asked_questions(steps[-1], requests, pool, near))
        pool, replay, held = [*pool, *questions], [*replay, *learnt], tried
    tell_unspent(context, steps, "new questions that were refused are not solved")
    return student


def _requests(hard: list[Question], easy: list[Question], count: int) -> list[Evolve | Invent]:
    """Return requests, in turns for the same task as a hard question and a rarer one than an easy.

    All are of one kind where there is no question of the other.
    """
    requests: list[Evolve | Invent] = []
    for number in range(count if hard or easy else 0):
        turn, back = divmod(number, 2) if hard and easy else (number, int(not hard))
        if back:
            parent = easy[turn % len(easy)]
            again = turn // len(easy)
            requests.append(Evolve(question=parent, operation=Operation.RARER, attempt=again))
        else:
            parent = hard[turn % len(hard)]
            level = parent.level or _MIDDLE
            requests.append(Invent(question=parent, level=level, variant=turn // len(hard)))
    return requests


METHOD = Method(
    lion,
    title="Lion, adversarial distillation ([arXiv 2305.12870](https://arxiv.org/abs/2305.12870)),"
    " as sodakd does it",
    how="In each cycle the student imitates the teacher; the teacher compares both their answers"
    " to\nfresh questions, in both orders; and new questions come half from those that the student"
    "\ndoes worse at, half from the others.",
    bibtex="@inproceedings{jiang2023lion,\n"
    "  title = {Lion: Adversarial Distillation of Proprietary Large Language Models},\n"
    "  author = {Jiang, Yuxin and others},\n"
    "  booktitle = {EMNLP},\n"
    "  year = {2023},\n"
    "  note = {arXiv:2305.12870}\n"
    "}",
)
