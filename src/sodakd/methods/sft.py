"""SFT, or static distillation: the teacher answers the seeds once, the student imitates."""

from pathlib import Path

from sodakd.methods.embedded import Prepared, draw_seeds
from sodakd.methods.soda import base_examples, with_replay
from sodakd.methods.workshop import Workshop
from sodakd.training.batches import Example


def sft(shop: Workshop, given: Prepared, calls: int, steps: int) -> Path:
    """A student trained for `steps` on `calls` answers of the teacher, one question a call.

    The questions continue the seeds: same levels, no feedback, no faults. The answers are taken as
    they are, as static distillation does.
    """
    recipe = shop.recipe
    solved = shop.solutions("solutions", draw_seeds(recipe, calls))
    new = [Example(each.prompt, each.code, None) for each in solved]
    examples = with_replay(new, base_examples(given), recipe.delivery.replay_share, seed=0)
    settings = recipe.training.model_copy(update={"loss": "none", "max_steps": steps})
    student = shop.train("student", given.base, examples, settings)
    shop.evaluate("evaluation", student, given.exam)
    return student
