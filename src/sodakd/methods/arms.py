"""The arms of a run: methods in turn, the later ones with the first one's compute as allowance."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from sodakd.errors import RecipeError
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import Method
from sodakd.methods.table import METHODS
from sodakd.methods.teacher_weights import require_weights
from sodakd.recipe import Recipe
from sodakd.recipe_file import read_variant
from sodakd.records import Allowance, BudgetKind
from sodakd.teacher.teacher_endpoint import prices_of


class ArmContext(Context, Protocol):
    """A `Context` that reports the compute its arm spent."""

    def spent(self) -> Allowance:
        """Return teacher calls, tokens, money and training steps of the arm."""
        ...


OpenArm = TypeVar("OpenArm", bound=ArmContext)


@dataclass(frozen=True)
class Arm:
    """A method as an arm of a run, with the run's recipe, or a variant of it.

    `settings`: what the variant lays over the recipe, in words; empty of the recipe's own.
    """

    method: Method
    recipe: Recipe
    settings: str = ""

    @property
    def title(self) -> str:
        return f"{self.method.title}; {self.settings}" if self.settings else self.method.title


def arms_of(recipe: Recipe) -> dict[str, Arm]:
    """Return the arms of a recipe by their names, in their order.

    Raises:
        RecipeError: one of them is neither in the table of methods nor a variant of one, or it
            cannot have this teacher, or its settings are wrong.
    """
    every = {name: _arm(recipe, name) for name in dict.fromkeys((*recipe.arms, *recipe.variants))}
    for name in recipe.arms:
        if every[name].method.reads_weights:
            require_weights(recipe, name)
    return {name: every[name] for name in recipe.arms}


def recipes_of(arms: Mapping[str, Arm]) -> Sequence[Recipe]:
    """Return the recipes that arms go by, each once: most have the run's own."""
    return list({id(arm.recipe): arm.recipe for arm in arms.values()}.values())


def _method_of(arm: str) -> Method | None:
    """Return the method that an arm's name begins with."""
    return METHODS.get(arm.partition("-")[0])


def _arm(recipe: Recipe, name: str) -> Arm:
    method, settings = _method_of(name), recipe.variants.get(name)
    if settings is None:
        if name in METHODS:
            return Arm(METHODS[name], recipe)
        there = [*METHODS, *recipe.variants]
        near = difflib.get_close_matches(name, there, n=1)
        advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(there)}"
        raise RecipeError(f"1 mistake in the recipe:\n  arms: no method {name!r}; {advice}")
    if method is None or "-" not in name:
        raise RecipeError(
            f"1 mistake in the recipe:\n  variants: {name!r} is to be named METHOD-WORDS, such as"
            f" soda-plain; methods are {', '.join(METHODS)}"
        )
    return Arm(method, read_variant(recipe, name), settings)


def budget_kind(recipe: Recipe) -> BudgetKind:
    """Return what later arms have as much of.

    It is tokens for money, where the teacher has no price, and for calls, where the first arm makes
    none but reads the teacher's weights.
    """
    if recipe.equal == "calls":
        first = _method_of(recipe.arms[0])
        return "tokens" if first is not None and first.reads_weights else "calls"
    prices = prices_of(recipe.teacher)
    priced = prices.known and any(prices.femto)
    return "tokens" if recipe.equal == "money" and not priced else recipe.equal


def budget_remark(recipe: Recipe) -> str:
    """Return why arms have equal tokens in the place of what `equal` says; "" where they do not."""
    if budget_kind(recipe) == recipe.equal or len(recipe.arms) < 2:
        return ""
    why = "the teacher has no price"
    if recipe.equal == "calls":
        why = f"{recipe.arms[0]} makes none"
    return f"equal is {recipe.equal}, and {why}: later arms have as many tokens instead"


def run_arms(
    arms: Mapping[str, Arm],
    inputs: RunInputs,
    open_arm: Callable[[str, Allowance | None], OpenArm],
) -> list[tuple[OpenArm, Path]]:
    """Run each arm's method through the context that `open_arm` gives for its name and allowance.

    Returns these contexts, each with the student that its method keeps. The first arm has no
    allowance, all others have what the first one spent.
    """
    done: list[tuple[OpenArm, Path]] = []
    allowance: Allowance | None = None
    for name, arm in arms.items():
        opened = open_arm(name, allowance)
        done.append((opened, arm.method.run(opened, inputs)))
        allowance = allowance or opened.spent()
    return done
