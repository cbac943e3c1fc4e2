"""The teacher's weights, where a method reads them: who has them, and whose tokens they know."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sodakd.errors import ModelError, RecipeError
from sodakd.inference.folder import template_of
from sodakd.inference.hub import find_model
from sodakd.recipe import Recipe

if TYPE_CHECKING:
    from sodakd.training.distillation import Distillation


def require_weights(recipe: Recipe, method: str) -> None:
    """Refuse a recipe whose teacher's weights a method cannot read; nothing is fetched for it.

    Tokenizers are compared where both models are folders here; those of the hub, and that of a
    student from scratch, are by `check_tokens`, before the teacher is used.

    Raises:
        RecipeError: the teacher is no model in this process, or has other tokens.
    """
    teacher, student = recipe.teacher.model_name_or_path, recipe.student.model_name_or_path
    if recipe.teacher.kind != "transformers":
        raise RecipeError(
            f"1 mistake in the recipe:\n  arms: {method} reads the token probabilities of the"
            f" teacher's weights, and teacher.kind is {recipe.teacher.kind}, which gives texts: set"
            " teacher.kind to transformers and teacher.model_name_or_path to a model with the"
            f" student's tokenizer, or leave {method} out"
        )
    folders = [Path(name) for name in (teacher, student) if name and Path(name).is_dir()]
    if len(folders) < 2:
        return
    try:
        check_tokens(*folders)
    except ModelError as error:
        raise RecipeError(f"1 mistake in the recipe:\n  arms: {method}: {error}") from None


def check_tokens(teacher: Path, student: Path) -> str:
    """Return a remark where the two lay questions out differently; "" where they do not.

    Raises:
        ModelError: the teacher does not know each token of the student by the same number, or a
            tokenizer cannot be loaded.
    """
    from sodakd.inference.loading import load_tokenizer

    right, own = (load_tokenizer(folder).get_vocab() for folder in (teacher, student))
    other = sorted(own.keys() - {name for name in own if right.get(name) == own[name]})
    if other:
        number = right.get(other[0])
        found = "is none there" if number is None else f"has number {number} there"
        raise ModelError(
            f"the tokenizer of the teacher {teacher} is not the student's: of {len(own):,} tokens"
            f" {len(other):,} are others ({other[0]!r}, number {own[other[0]]} of the student's,"
            f" {found}), so its probabilities are of other texts: take a teacher of the student's"
            " family"
        )
    if template_of(teacher) == template_of(student):
        return ""
    return (
        "the teacher reads questions in the student's chat template, which is not its own: name the"
        " teacher's, student.chat_template, if it was trained to answer in that"
    )


def distillation_of(
    recipe: Recipe, on_read: Callable[[int, int], None] | None = None
) -> "Distillation":
    """What a recipe's student matches: its teacher's weights, by the settings of `opd`."""
    from sodakd.training.distillation import Distillation

    settings, teacher = recipe.opd, recipe.teacher
    return Distillation(
        teacher=find_model(teacher.model_name_or_path or ""),
        top_k=settings.top_k,
        beta=settings.beta,
        device=teacher.device,
        dtype=teacher.dtype,
        on_read=on_read,
    )
