"""Commands that tell: of this machine, and of what a recipe may hold."""

import json

import typer


def env() -> None:
    """Say what this machine has: paste it into a bug report.

    Example:  sodakd env
    """
    from sodakd.environment import describe

    for name, value in describe():
        typer.echo(f"{name:<14} {value}")


def schema() -> None:
    """Print the JSON schema of recipes, for editors.

    Example:  sodakd schema > recipe.schema.json
    """
    from sodakd.recipe import Recipe

    typer.echo(json.dumps(Recipe.model_json_schema(), indent=2))
