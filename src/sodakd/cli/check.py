"""Commands of a recipe before its run: `check`, `plan`."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import AsJson, Overrides, RecipeFile
from sodakd.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sodakd.recipe_file import LoadedRecipe


def check(
    recipe: RecipeFile,
    overrides: Overrides = None,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also try it: train a step, ask the teacher, judge programs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find every mistake of a recipe at once, and what a run of it would miss on this machine.

    Nothing is spent, but with --deep one call to the teacher for each kind of ask. The exit code is
    0 for a right recipe, whatever the machine lacks; with --deep, 2 where a part does not work.

    Examples:  sodakd check recipes/embedded.yaml budget.money=5
    ·  sodakd check embedded --deep
    ·  sodakd check embedded --json
    """
    from sodakd.methods.arms import arms_of, recipes_of
    from sodakd.methods.exam import missing_for_exam
    from sodakd.recipe_file import read_recipe
    from sodakd.requirements import (
        check_requirements,
        missing_requirements,
        possibly_missing_languages,
    )

    try:
        loaded = read_recipe(recipe, overrides or [])
        arms = arms_of(loaded.recipe)
        exam = missing_for_exam(loaded.recipe)
    except RecipeError as error:
        if as_json:
            found = {"mistakes": error.mistakes, "missing": [], "may_miss": [], "tried": []}
            typer.echo(json.dumps(found, indent=1))
            raise typer.Exit(error.exit_code) from None
        raise
    of_arms = (line for each in recipes_of(arms) for line in missing_requirements(each))
    missing = list(dict.fromkeys([*of_arms, *exam]))
    maybe = possibly_missing_languages(loaded.recipe)
    if deep:
        for each in recipes_of(arms):
            check_requirements(each)
    tried = list(_try_out(loaded)) if deep else []
    if as_json:
        found = {"mistakes": [], "missing": missing, "may_miss": maybe, "tried": tried}
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo(f"{recipe} is right: {', '.join(arms)}")
    for line in missing:
        typer.echo(f"missing here: {line}", err=True)
    for line in maybe:
        typer.echo(f"missing here, if a question asks for it: {line}", err=True)
    for line in tried:
        typer.echo(line)


def _try_out(loaded: "LoadedRecipe") -> "Sequence[str]":
    """Read the questions and run a preflight in a temporary folder; return its lines."""
    from sodakd.methods.preflight import preflight
    from sodakd.methods.prepare import prepare_questions
    from sodakd.methods.teachers import open_teacher
    from sodakd.run import Run

    with TemporaryDirectory() as folder, Run.open(Path(folder), loaded.redacted) as run:
        teacher = open_teacher(loaded.recipe.teacher, run.folder)
        if loaded.recipe.questions.real:  # the world has as many as are asked for
            prepare_questions(loaded.recipe, run)
        return preflight(loaded.recipe, run, teacher).lines


def plan(recipe: RecipeFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Say what a run will take: teacher calls, tokens, money, training; nothing is spent.

    Examples:  sodakd plan recipes/embedded.yaml cycles=5
    ·  sodakd plan embedded --json
    """
    from sodakd.console import show_plan
    from sodakd.methods import plan as planning
    from sodakd.recipe_file import read_recipe

    loaded = read_recipe(recipe, overrides or [])
    planned = planning.plan(loaded.recipe)
    if as_json:
        typer.echo(json.dumps(asdict(planned), indent=1))
    else:
        show_plan(planned, loaded.recipe)
