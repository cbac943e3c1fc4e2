"""SFT, or static distillation: the teacher answers the seeds once, the student imitates."""

from collections.abc import Sequence
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import (
    NOTHING_SOLVED,
    Method,
    imitate,
    nothing_learnt,
    solve_within,
    tell_unspent,
)
from sodakd.records import SftExample


def sft(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on the teacher's answers, one question a call.

    As the first arm it learns from the seeds; as a later one it spends what the first one did, and
    has its steps. The questions continue the seeds: same levels, no feedback, no faults. Where
    a source has no more of them less is spent, and the table says how much. The answers
    are taken as they are, as static distillation does.

    Raises:
        DataError: it is the first arm, and the teacher gave no answer at all.
    """
    recipe, allowance = context.recipe, context.allowance
    steps: list[str] = []
    solved: Sequence[SftExample]
    if allowance is None:
        solved = context.solutions("solutions", inputs.extend_seeds(recipe.questions.seeds))
    else:
        solved = solve_within(context, steps, inputs.extend_seeds)
    if not solved:
        return nothing_learnt(context, inputs, NOTHING_SOLVED)
    tell_unspent(context, steps, "there are no more seeds")
    return imitate(context, inputs, solved)


METHOD = Method(
    sft,
    title="static distillation: supervised fine-tuning on a teacher's answers",
    how="The teacher solves every question once, and the student is trained on the solutions.",
)
