"""OSS-Instruct, as Magicoder has it: problems that snippets of source code inspire."""

from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import NOTHING_SOLVED, Method, imitate, nothing_learnt, tell_unspent
from sodakd.records import SftExample
from sodakd.teacher.requests import Inspire

_SPARE = 4
"""Snippets for each call that the first arm made: so many times as cheap its calls may be."""


def oss_instruct(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on problems and solutions that the teacher wrote from snippets.

    Each call is for one snippet: as the first arm as many as the recipe has seeds, as a later one
    as many as the first one made. Where tokens or money are to be equal, more are drawn, and as
    many of them asked for as the budget pays for.

    Raises:
        DataError: there is no corpus; or it is the first arm, and no reply held a problem with a
            right solution.
    """
    recipe, allowance = context.recipe, context.allowance
    count = recipe.questions.seeds if allowance is None else allowance.calls
    if allowance is not None and allowance.equal != "calls":
        count *= _SPARE
    snippets = context.snippets("snippets", count, [each.chosen for each in inputs.base_data])
    requests = [Inspire(snippet=each.text, language=each.language) for each in snippets]
    made = context.asked_questions(
        "questions", requests, inputs.seeds, recipe.update.near_duplicate
    )
    if not made:
        return nothing_learnt(context, inputs, NOTHING_SOLVED)
    tell_unspent(context, ["questions"], "the corpus has no more snippets")
    solved = [
        SftExample(question_id=each.id, prompt=each.text, code=each.reference)
        for each in made
        if each.reference is not None
    ]
    return imitate(context, inputs, context.to_learn("solutions", solved))


METHOD = Method(
    oss_instruct,
    title="OSS-Instruct, as Magicoder has it ([arXiv 2312.02120]"
    "(https://arxiv.org/abs/2312.02120)), as sodakd does it",
    how="From each snippet of source code, 1 to 15 lines, the teacher writes a problem and its"
    "\nsolution; what is new, not of the exam and right by the judge is what the student is"
    " trained on.",
    bibtex="@inproceedings{wei2024magicoder,\n"
    "  title = {Magicoder: Empowering Code Generation with OSS-Instruct},\n"
    "  author = {Wei, Yuxiang and others},\n"
    "  booktitle = {ICML},\n"
    "  year = {2024},\n"
    "  note = {arXiv:2312.02120}\n"
    "}",
)
