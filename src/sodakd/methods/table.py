"""The table of methods: what a recipe's `arms` may name."""

import difflib
from collections.abc import Mapping

from sodakd.errors import RecipeError
from sodakd.methods import sft, soda, uniform
from sodakd.methods.parts import Method
from sodakd.recipe import Recipe

METHODS: Mapping[str, Method] = {
    "soda": soda.METHOD,
    "sft": sft.METHOD,
    "uniform": uniform.METHOD,
}


def arms_of(recipe: Recipe) -> dict[str, Method]:
    """Return the methods that a recipe's `arms` name, in their order.

    Raises:
        RecipeError: one of them is not in the table.
    """
    for name in recipe.arms:
        if name not in METHODS:
            near = difflib.get_close_matches(name, METHODS, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(METHODS)}"
            raise RecipeError(f"1 mistake in the recipe:\n  arms: no method {name!r}; {advice}")
    return {name: METHODS[name] for name in recipe.arms}
