"""SODA: self-paced knowledge distillation (Chen et al., arXiv 2408.03680)."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.jsonl import read_log
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import Method, mix_replay, to_examples
from sodakd.records import Feedback
from sodakd.run import Step
from sodakd.types import Question

_CYCLE = re.compile(r"cycle-([0-9]+)/(.*)")
Assess = Callable[[str, Path, Sequence[Question]], Sequence[Feedback]]
"""From a step's name, a student and questions to feedback."""


def soda(context: Context, inputs: RunInputs) -> Path:
    """Return the student after cycles whose new questions follow its answers."""
    return run_cycles(context, inputs, context.feedback)


def run_cycles(context: Context, inputs: RunInputs, assess: Assess) -> Path:
    """Return the student after cycles whose new questions follow what `assess` says of it.

    Of each cycle's questions some are probes: the student answers them before it is ever trained on
    them, so that feedback does not measure memory. They join the training of the next cycle.
    A later cycle without a single pair ends the run with what the cycles before it taught.

    Raises:
        DataError: the first cycle has no pair, so there is nothing to learn.
    """
    recipe = context.recipe
    questions, student = list(inputs.seeds), inputs.base
    pool, older = list(inputs.seeds), list(inputs.base_data)
    ranked: list[tuple[float, Path]] = []
    for cycle in range(1, recipe.cycles + 1):
        at = f"cycle-{cycle}"
        probes, studied = questions[: recipe.feedback.probes], questions[recipe.feedback.probes :]
        pairs = context.pairs(f"{at}/pairs", studied)
        if not pairs:
            if cycle == 1:
                raise DataError(_no_pairs(context.counts(f"{at}/pairs")))
            context.say(f"{at}/pairs", "no pairs: the cycle before was the last one")
            break
        share = recipe.delivery.replay_share
        examples = mix_replay(to_examples(pairs), older, share, recipe.seed, cycle)
        student = context.train(f"{at}/student", student, examples, recipe.training)
        context.publish(str(cycle), student, f"{at}/")
        feedback = assess(f"{at}/feedback", student, probes)
        if recipe.patience is not None:
            ranked.append((context.pass_rate(f"{at}/dev", student, inputs.dev), student))
            if has_stalled([rate for rate, _ in ranked], recipe.patience):
                break
        if cycle < recipe.cycles:
            new = context.new_questions(f"{at}/questions", feedback, pool)
            questions, pool = [*new, *probes], [*pool, *new]
            older = [*older, *to_examples(pairs)]
    return max(ranked, key=lambda found: found[0])[1] if ranked else student


def cycles_begun(folder: Path) -> int:
    """Return the fewest cycles that all finished steps of a run's arms belong to.

    A cycle's new questions are of the next one.
    """
    steps = [step for path in folder.glob("*/manifest.jsonl") for step in read_log(path, Step)]
    found = [_CYCLE.match(step.step) for step in steps]
    return max((int(each[1]) + (each[2] == "questions") for each in found if each), default=1)


def _no_pairs(counts: Mapping[str, int]) -> str:
    """Words for a first cycle without a pair: what became of the teacher's answers."""
    kinds = ("solution_", "fault_", "reply_")
    found = [f"{name} {count}" for name, count in counts.items() if name.startswith(kinds)]
    return (
        "the first cycle holds no pair, so there is nothing to learn from this teacher:"
        f" {', '.join(found) or 'there were no questions'}; look at its answers (sodakd record"
        " FOLDER --out answers.jsonl), mend the recipe's section `teacher`, and use another"
        " folder: --out DIR"
    )


def has_stalled(rates: Sequence[float], patience: int) -> bool:
    """Return whether the newest `patience` rates bring nothing above the best one before them."""
    before, newest = rates[:-patience], rates[-patience:]
    return bool(before) and max(newest) <= max(before)


METHOD = Method(
    soda,
    title="SODA, self-paced knowledge distillation ([arXiv 2408.03680]"
    "(https://arxiv.org/abs/2408.03680)), as sodakd does it",
    how="In each cycle the teacher delivers a correct and a faulty solution of every question; the"
    " student\nis trained on both; its answers to fresh questions are judged and graded; and"
    " that feedback\ndecides which questions come next.",
    bibtex="@inproceedings{chen2025soda,\n"
    "  title = {Smaller but Better: Self-Paced Knowledge Distillation for Lightweight yet"
    " Effective LCMs},\n"
    "  author = {Chen, Yujia and others},\n"
    "  booktitle = {FSE},\n"
    "  year = {2025},\n"
    "  note = {arXiv:2408.03680}\n"
    "}",
)
