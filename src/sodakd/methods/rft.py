"""RFT, rejection-sampling fine-tuning: the student learns from its own answers that pass."""

from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import SEED_TESTS, Method, imitate, nothing_learnt, tell_unspent


def rft(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on those of the base's own answers to the seeds that pass.

    The teacher is asked for tests alone, of seeds that bring none.

    Raises:
        DataError: it is the first arm, and no answer passes, so there is nothing to learn.
    """
    questions = context.tested(SEED_TESTS, inputs.seeds)
    own = context.own_solutions("solutions", inputs.base, questions)
    if not own:
        tested = sum(each.tests is not None for each in questions)
        return nothing_learnt(
            context,
            inputs,
            f"of {tested} tested seeds the student's own answers solve none, so rejection sampling"
            " has nothing to learn from: raise rft.samples, take questions that have tests, or take"
            " a stronger student; each in another folder: --out DIR",
        )
    tell_unspent(context, [SEED_TESTS], "the student learns from its own answers")
    return imitate(context, inputs, own)


METHOD = Method(
    rft,
    title="RFT, rejection-sampling fine-tuning ([arXiv 2308.01825]"
    "(https://arxiv.org/abs/2308.01825)), as sodakd does it",
    how="The student answers every seed question several times; its different answers that pass\n"
    "the tests are what it is trained on. The teacher solves nothing.",
    bibtex="@article{yuan2023rft,\n"
    "  title = {Scaling Relationship on Learning Mathematical Reasoning with Large Language"
    " Models},\n"
    "  author = {Yuan, Zheng and others},\n"
    "  journal = {arXiv:2308.01825},\n"
    "  year = {2023}\n"
    "}",
)
