"""PERsD, personalised distillation: the student tries first, the teacher mends what fails."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import (
    SEED_TESTS,
    Method,
    calls_left,
    imitate,
    nothing_learnt,
    tell_unspent,
)
from sodakd.records import Refinement, SftExample

_BLOCKS = 4
"""Times that further questions are tried, until so many failed as there are calls."""
_SHOWN = 400
"""Letters of what running an attempt said that the student is shown."""


def persd(context: Context, inputs: RunInputs) -> Path:
    """Return a student trained on the teacher's refinements of the base's own failed answers.

    As the first arm the base tries the seeds; as a later one further questions of their source as
    well, until the calls of the first arm are spent.

    Raises:
        DataError: it is the first arm, and no answer failed, or no refinement passed.
    """
    found: list[Refinement] = []
    questions, met = list(context.tested(SEED_TESTS, inputs.seeds)), len(inputs.seeds)
    steps = [SEED_TESTS]
    allowance = context.allowance
    left = None if allowance is None else calls_left(context, steps, allowance)
    for block in range(1, _BLOCKS + 1):
        most = len(questions) if left is None else left
        steps.append(f"refinements-{block}")
        found += context.refinements(steps[-1], inputs.base, questions, most)
        if allowance is None:
            break
        left = calls_left(context, steps, allowance)
        questions = list(inputs.extend_seeds(met + left)[met:]) if left > 0 else []
        met += len(questions)
        if not questions:
            break
    if not found:
        return nothing_learnt(
            context,
            inputs,
            "no refinement of the student's answers passes, so there is nothing to learn: the"
            " student solves every question that has tests, or none has any, or the teacher mends"
            " none (sodakd record FOLDER --out answers.jsonl shows its answers)",
        )
    tell_unspent(context, steps, "too few of the student's answers to the questions there are fail")
    tasks = to_tasks(found, context.recipe.persd.variant)
    return imitate(context, inputs, context.to_learn("solutions", tasks))


def to_tasks(
    refinements: Sequence[Refinement], variant: Literal["refine", "fix", "combined"]
) -> list[SftExample]:
    """Return the examples of a variant: questions to answer, attempts to fix, or both."""

    def task(each: Refinement, prompt: str) -> SftExample:
        return SftExample(question_id=each.question.id, prompt=prompt, code=each.code)

    plain = [task(each, each.question.text) for each in refinements]
    fixes = [task(each, _fix_prompt(each)) for each in refinements]
    return {"refine": plain, "fix": fixes, "combined": [*plain, *fixes]}[variant]


def _fix_prompt(each: Refinement) -> str:
    return (
        f"{each.question.text}\n\nThis program is wrong:\n\n{each.attempt}\n\nRunning it said:"
        f" {each.error[:_SHOWN]}\n\nMend it."
    )


METHOD = Method(
    persd,
    title="PERsD, personalised distillation ([arXiv 2310.18628]"
    "(https://arxiv.org/abs/2310.18628)), as sodakd does it",
    how="The student tries every question first; where its answer fails, the teacher refines it,"
    " shown\nwhat running it said. The refinements that pass are what the student is trained on.",
    bibtex="@inproceedings{chen2023persd,\n"
    "  title = {Personalised Distillation: Empowering Open-Sourced LLMs with Adaptive Learning for"
    " Code Generation},\n"
    "  author = {Chen, Hailin and others},\n"
    "  booktitle = {EMNLP},\n"
    "  year = {2023},\n"
    "  note = {arXiv:2310.18628}\n"
    "}",
)
