"""The arms of a run: methods in turn, the later ones with the first one's compute as allowance."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from sodakd.errors import RecipeError
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import Method
from sodakd.methods.table import METHODS
from sodakd.methods.teacher_weights import require_weights
from sodakd.recipe import Recipe
from sodakd.records import Allowance, BudgetKind
from sodakd.teacher.teacher_endpoint import prices_of


class ArmContext(Context, Protocol):
    """A `Context` that reports the compute its arm spent."""

    def spent(self) -> Allowance:
        """Return teacher calls, tokens, money and training steps of the arm."""
        ...


Arm = TypeVar("Arm", bound=ArmContext)


def arms_of(recipe: Recipe) -> dict[str, Method]:
    """Return the methods that a recipe's `arms` name, in their order.

    Raises:
        RecipeError: one of them is not in the table, or cannot have this teacher.
    """
    for name in recipe.arms:
        if name not in METHODS:
            near = difflib.get_close_matches(name, METHODS, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(METHODS)}"
            raise RecipeError(f"1 mistake in the recipe:\n  arms: no method {name!r}; {advice}")
        if METHODS[name].reads_weights:
            require_weights(recipe, name)
    return {name: METHODS[name] for name in recipe.arms}


def budget_kind(recipe: Recipe) -> BudgetKind:
    """Return what later arms have as much of.

    It is tokens for money, where the teacher has no price, and for calls, where the first arm makes
    none but reads the teacher's weights.
    """
    if recipe.equal == "calls":
        first = METHODS.get(recipe.arms[0])
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
    methods: Mapping[str, Method],
    inputs: RunInputs,
    open_arm: Callable[[str, Allowance | None], Arm],
) -> list[tuple[Arm, Path]]:
    """Run each method through the context that `open_arm` gives for its name and its allowance.

    Returns these contexts, each with the student that its method keeps. The first arm has no
    allowance, all others have what the first one spent.
    """
    done: list[tuple[Arm, Path]] = []
    allowance: Allowance | None = None
    for name, method in methods.items():
        arm = open_arm(name, allowance)
        done.append((arm, method.run(arm, inputs)))
        allowance = allowance or arm.spent()
    return done
