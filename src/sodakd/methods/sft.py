"""SFT, or static distillation: the teacher answers the seeds once, the student imitates."""

from pathlib import Path

from sodakd.methods.given import Prepared
from sodakd.methods.soda import with_replay
from sodakd.methods.start import first_questions
from sodakd.methods.workshop import Workshop
from sodakd.training.batches import Example


def sft(shop: Workshop, given: Prepared, calls: int, steps: int) -> Path:
    """A student trained for `steps` on `calls` answers of the teacher, one question a call.

    The questions continue the seeds: same levels, no feedback, no faults. Where a source has no
    more of them there are fewer calls, and the standings say how many. The answers are taken as
    they are, as static distillation does.
    """
    recipe = shop.recipe
    solved = shop.solutions("solutions", first_questions(recipe, given, calls))
    new = [Example(each.prompt, each.code, None) for each in solved]
    examples = with_replay(new, given.base_data, recipe.delivery.replay_share, seed=0)
    settings = recipe.training.model_copy(update={"loss": "none", "max_steps": steps})
    student = shop.train("student", given.base, examples, settings)
    shop.evaluate("evaluation", student, given.exam)
    return student
