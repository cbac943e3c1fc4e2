"""SFT, or static distillation: the teacher answers the seeds once, the student imitates."""

from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import NOTHING_SOLVED, Method, imitate, nothing_learnt, tell_unspent


def sft(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on the teacher's answers, one question a call.

    As the first arm it learns from the seeds; as a later one it makes as many calls and steps as
    the first one did. The questions continue the seeds: same levels, no feedback, no faults. Where
    a source has no more of them there are fewer calls, and the table says how many. The answers
    are taken as they are, as static distillation does.

    Raises:
        DataError: it is the first arm, and the teacher gave no answer at all.
    """
    recipe, allowance = context.recipe, context.allowance
    count = recipe.questions.seeds if allowance is None else allowance.calls
    solved = context.solutions("solutions", inputs.extend_seeds(count))
    if not solved:
        return nothing_learnt(context, inputs, NOTHING_SOLVED)
    tell_unspent(context, ["solutions"], "the source has no more questions")
    return imitate(context, inputs, solved)


METHOD = Method(
    sft,
    title="static distillation: supervised fine-tuning on a teacher's answers",
    how="The teacher solves every question once, and the student is trained on the solutions.",
)
