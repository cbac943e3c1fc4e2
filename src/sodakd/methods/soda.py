"""SODA: self-paced knowledge distillation (Chen et al., arXiv 2408.03680)."""

import random
from collections.abc import Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.methods.given import Prepared
from sodakd.methods.workshop import Workshop
from sodakd.training.batches import Example
from sodakd.types import Pair


def soda(shop: Workshop, given: Prepared) -> Path:
    """The student after the recipe's cycles; with `patience`, the one that is best on dev.

    Of each cycle's questions some are probes: the student answers them before it is ever trained on
    them, so that feedback does not measure memory. They join the training of the next cycle.
    A later cycle without a single pair ends the run with what the cycles before it taught.

    Raises:
        DataError: the first cycle has no pair, so there is nothing to learn.
    """
    recipe = shop.recipe
    questions, student = list(given.seeds), given.base
    pool, older = list(given.seeds), list(given.base_data)
    ranked: list[tuple[float, Path]] = []
    for cycle in range(1, recipe.cycles + 1):
        at = f"cycle-{cycle}"
        probes, studied = questions[: recipe.feedback.probes], questions[recipe.feedback.probes :]
        pairs = shop.pairs(f"{at}/pairs", studied)
        if not pairs:
            if cycle == 1:
                raise DataError(_nothing(shop, f"{at}/pairs"))
            shop.run.say(f"{at}/pairs", 0, 0, "no pairs: the cycle before was the last one")
            break
        examples = with_replay(pair_examples(pairs), older, recipe.delivery.replay_share, cycle)
        student = shop.train(f"{at}/student", student, examples, recipe.training)
        shop.evaluate(f"{at}/evaluation", student, given.exam)
        feedback = shop.feedback(f"{at}/feedback", probes, student)
        if recipe.patience is not None:
            ranked.append((shop.pass_rate(f"{at}/dev", student, given.dev), student))
            if stalled([rate for rate, _ in ranked], recipe.patience):
                break
        if cycle < recipe.cycles:
            new = shop.new_questions(f"{at}/questions", feedback, pool)
            questions, pool = [*new, *probes], [*pool, *new]
            older = [*older, *pair_examples(pairs)]
    return max(ranked, key=lambda found: found[0])[1] if ranked else student


def _nothing(shop: Workshop, step: str) -> str:
    """Words for a step that came to no pair: what became of the teacher's answers."""
    done = shop.run.done(step)
    counted = {} if done is None else dict(done.tally)
    kinds = ("solution_", "fault_", "reply_")
    counts = [f"{name} {count}" for name, count in counted.items() if name.startswith(kinds)]
    return (
        f"{step} holds no pair, so there is nothing to learn from this teacher:"
        f" {', '.join(counts) or 'there were no questions'}; look at its answers"
        f" (sodakd record {shop.run.folder} --out answers.jsonl), mend the recipe's section"
        " `teacher`, and use another folder: --out DIR"
    )


def stalled(rates: Sequence[float], patience: int) -> bool:
    """Whether the newest `patience` rates bring nothing above the best one before them."""
    before, newest = rates[:-patience], rates[-patience:]
    return bool(before) and max(newest) <= max(before)


def pair_examples(pairs: Sequence[Pair]) -> list[Example]:
    """Pairs as training examples."""
    return [Example(pair.question.text, pair.chosen, pair.rejected) for pair in pairs]


def with_replay(
    new: Sequence[Example], older: Sequence[Example], share: float, seed: int
) -> list[Example]:
    """New examples with a share of older ones drawn among them, against forgetting."""
    count = min(len(older), round(len(new) * share / (1 - share))) if share < 1 else len(older)
    drawn = random.Random(f"replay {seed}").sample(range(len(older)), count)
    return [*new, *(older[number] for number in sorted(drawn))]
