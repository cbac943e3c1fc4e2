"""Commands that tell: of this machine, and of what a recipe may hold."""

import json
from typing import Annotated

import typer

from sodakd.errors import RecipeError


def env() -> None:
    """Say what this machine has: paste it into a bug report.

    Example:  sodakd env
    """
    from sodakd.requirements import system_info

    for name, value in system_info():
        typer.echo(f"{name:<14} {value}")


def recipes(
    words: Annotated[
        list[str] | None, typer.Argument(help="Print this recipe.", metavar="[show NAME]")
    ] = None,
) -> None:
    """List the shipped recipes, or show one: to run it by its name, or to begin one of your own.

    Examples:  sodakd recipes
    ·  sodakd recipes show embedded > mine.yaml
    """
    from sodakd.shipped import shipped_recipes, what_for

    found = shipped_recipes()
    if not words:
        width = max(map(len, found))
        for name, path in found.items():
            typer.echo(f"{name:<{width}}  {what_for(path)}")
        return
    names = f"the names are {', '.join(found)}"
    if len(words) != 2 or words[0] != "show":
        raise RecipeError(f"write: sodakd recipes show NAME; {names}")
    if words[1] not in found:
        raise RecipeError(f"there is no recipe {words[1]!r} here; {names}")
    typer.echo(found[words[1]].read_text(encoding="utf-8"), nl=False)


def schema(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="A page of every key, its default and meaning.")
    ] = False,
) -> None:
    """Print the JSON schema of recipes, for editors.

    Example:  sodakd schema > recipe.schema.json
    """
    from sodakd.recipe import Recipe
    from sodakd.recipe_page import recipe_page

    if markdown:
        typer.echo(recipe_page(), nl=False)
        return
    typer.echo(json.dumps(Recipe.model_json_schema(), indent=2))
