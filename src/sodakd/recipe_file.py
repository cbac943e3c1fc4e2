"""Recipes, and sections of them, read from YAML files.

A recipe is a YAML file (YAML 1.2: `2e-5` is a number, `no` is a string). `read_recipe` reports all
mistakes at once and spends nothing. A text may hold `${NAME}`: the value of that environment
variable, which is used and never written down (`LoadedRecipe.redacted` keeps the name).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RecipeError
from sodakd.recipe import Recipe
from sodakd.recipe_values import redact, validated
from sodakd.settings.models import ModelFile
from sodakd.settings.questions import WORLD, QuestionSettings
from sodakd.settings.sources import shortened
from sodakd.settings.stages import EvaluationSettings
from sodakd.shipped import find_models, find_recipe
from sodakd.yaml_text import MAX_DEPTH, MAX_SIZE, YamlError, parse_yaml


@dataclass(frozen=True)
class LoadedRecipe:
    """A validated recipe, and its values with secrets by name only: `redacted`."""

    recipe: Recipe
    redacted: dict[str, JsonValue]


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Read a recipe file and lay `key.sub=value` overrides over it.

    Raises:
        RecipeError: the file cannot be read, or is wrong; the message lists every mistake.
    """
    values = _read_values(path)
    for override in overrides:
        _lay_over(values, override)
    recipe = validated(Recipe, values, str(path))
    return LoadedRecipe(recipe, redact(recipe.model_dump(mode="json"), values))


VARIED = (
    "cycles", "patience", "anneal", "delivery", "training", "feedback", "scorer", "update",
    "evol_instruct", "oss_instruct", "persd", "rft", "opd",
)  # fmt: skip
"""The sections, and keys, that a variant may set: all arms share the others."""


def read_variant(recipe: Recipe, name: str) -> Recipe:
    """A recipe with the settings of one of its variants laid over.

    Raises:
        RecipeError: they are no settings, or not of a method; the message lists every mistake.
    """
    values = recipe.model_dump(mode="json", exclude_unset=True)
    for setting in recipe.variants[name].split():
        if setting.partition("=")[0].partition(".")[0] not in VARIED:
            raise RecipeError(
                f"1 mistake in the recipe:\n  variants.{name}: {shortened(repr(setting))} is no"
                f" setting of a method: key.sub=value of {', '.join(VARIED)}"
            )
        _lay_over(values, setting)
    return validated(Recipe, values, f"variants.{name}")


def read_questions(source: str, overrides: Sequence[str]) -> QuestionSettings:
    """The section `questions` of a recipe file, or the one that names another source.

    An override is a key of the section, with or without `questions.` before it.

    Raises:
        RecipeError: the section is wrong, or it draws from the embedded world.
    """
    values: dict[str, JsonValue] = {"source": source}
    if source.endswith((".yaml", ".yml")):
        section = _read_values(Path(source)).get("questions") or {}
        if not isinstance(section, dict) or section.get("source", WORLD) == WORLD:
            raise RecipeError(f"the questions of {source} are of the embedded world: none to sift")
        values = section
    for override in overrides:
        _lay_over(values, override.removeprefix("questions."))
    return validated(QuestionSettings, values, f"the questions of {source}")


def read_exam(source: str) -> EvaluationSettings:
    """The section `evaluation` of a recipe file; the defaults where a source is no recipe.

    Raises:
        RecipeError: the section is wrong.
    """
    recipe = source.endswith((".yaml", ".yml"))
    section = _read_values(Path(source)).get("evaluation") if recipe else None
    values = section if isinstance(section, dict) else {}
    return validated(EvaluationSettings, values, f"the exam of {source}")


def read_models(named: Path) -> ModelFile:
    """Read a file of models, or the shipped one of that name.

    Raises:
        RecipeError: the file cannot be read, or is wrong; the message lists every mistake.
    """
    path = find_models(named)
    if not path.is_file():
        raise RecipeError(
            f"there is no file of models {shortened(str(named))}; name a YAML file, or a shipped"
            " one: small, paper"
        )
    return validated(ModelFile, _read_values(path), str(path))


def _read_values(named: Path) -> dict[str, JsonValue]:
    path = find_recipe(named)
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise RecipeError(
            f"there is no recipe {shortened(str(path))}; name a YAML file, or a shipped recipe:"
            " sodakd recipes"
        ) from None
    except (OSError, ValueError) as error:
        raise RecipeError(f"the recipe {shortened(str(path))} cannot be read: {error}") from error
    values = _yaml(text, str(path))
    if values is None:
        raise RecipeError(f"{path} is empty; a recipe names at least one key: `seed: 0`")
    if not isinstance(values, dict):
        raise RecipeError(f"{path} must hold `key: value` lines; found a {type(values).__name__}")
    return values


def differences(old: JsonValue, new: JsonValue, at: str = "") -> list[str]:
    """The keys at which two written recipes differ, as lines `key: old -> new`."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted({*old, *new})
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{at}.{key}" if at else key)
        ]
    return [] if old == new else [f"{at}: {json.dumps(old)} -> {json.dumps(new)}"]


def _yaml(text: str, where: str) -> JsonValue:
    try:
        return parse_yaml(text)
    except YamlError as error:
        raise RecipeError(f"{where} is not YAML: {shortened(str(error), 500)}") from None


def _lay_over(values: dict[str, JsonValue], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"an override is `key.sub=value`; found {shortened(repr(override))}")
    *parents, last = key.split(".")
    if len(parents) > MAX_DEPTH:
        raise RecipeError(f"no key of a recipe has {len(parents) + 1} parts: {shortened(key)}")
    at = values
    for parent in parents:
        below = at.setdefault(parent, {})
        if not isinstance(below, dict):
            raise RecipeError(
                f"{shortened(repr(override))}: {shortened(parent)} is no section of the recipe"
            )
        at = below
    at[last] = _yaml(text, f"the value of {key}")
