"""Recipes of every wrong kind: right or one clear error; what is right can be planned."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.errors import SodakdError
from sodakd.methods.plan import plan
from sodakd.recipe import Recipe
from sodakd.recipe_file import read_recipe

TEXTS = [
    "[", "{", "a: [" * 300, "- " * 300, "&a [*a]", "!!binary aGk=", "!!set {a}", "2026-11-28",
    "12:30", ".inf", "-.inf", ".nan", "1e400", "1e308", "-1", "0", "1", "3.5", "9" * 5000, "0x1f",
    "true", "null", "~", "''", "' '", "no", "\"\\ud83d\"", "\"\\0\"", "../../x", "/dev/null",
    "x" * 5000, "[1, 2, 3]", "[]", "{}", "{a: 1}", "[[[1]]]", "'${NOT_SET}'", "'${'", "é", "\t",
    "world", "openai", "replay", "none.jsonl", "owner/name", "<<: 1", "? x", "%YAML 1.1", "--- a",
]  # fmt: skip


def leaves(value: JsonValue, at: str = "") -> Iterator[str]:
    """The keys of a recipe, as overrides name them; those of sections too."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, f"{at}.{key}" if at else key)


KEYS = list(leaves(Recipe().model_dump(mode="json")))


def attempts(seed: str, count: int) -> Iterator[tuple[str, list[str]]]:
    """Texts of recipes, and overrides of them."""
    rng = random.Random(seed)
    for _ in range(count):
        chosen = rng.choices(KEYS, k=rng.randrange(1, 4))
        words = [f"{key}={rng.choice(TEXTS)}" for key in chosen]
        lines = [f"{rng.choice([*KEYS, 'x', ''])}: {rng.choice(TEXTS)}" for _ in range(2)]
        text = rng.choice(["seed: 1", "cycles: 2", *TEXTS, "\n".join(lines)])
        if rng.random() < 0.3:
            cut = rng.randrange(len(text) + 1)
            text = text[:cut] + rng.choice(TEXTS) + text[cut:]
        yield text, words


def try_recipes(folder: Path, seed: str, count: int) -> int:
    right, lengths = 0, [0]
    for number, (text, words) in enumerate(attempts(seed, count)):
        path = folder / "recipe.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        for name, given in (("alone", []), ("overridden", words)):
            try:
                loaded = read_recipe(path, given)
                json.dumps(loaded.redacted, allow_nan=False).encode()
                right += 1
                if number % 20 == 0 and name == "overridden" and not loaded.recipe.questions.real:
                    plan(loaded.recipe)
            except SodakdError as error:
                lengths.append(len(str(error)))
    assert max(lengths) < 5000
    return right


def test_wrong_recipes_are_one_clear_error_each(tmp_path: Path) -> None:
    assert try_recipes(tmp_path, "quick", 60)


@pytest.mark.slow
def test_many_wrong_recipes_are_one_clear_error_each(tmp_path: Path) -> None:
    assert try_recipes(tmp_path, "slow", 500)


def test_every_number_of_a_recipe_has_limits_and_every_text_a_length() -> None:
    schema = Recipe.model_json_schema()
    open_ended = [place for place, entry in entries(schema, "") if not is_limited(entry)]
    assert open_ended == []


def is_limited(entry: dict[str, JsonValue]) -> bool:
    if entry.get("type") in {"number", "integer"}:
        return bool({"minimum", "exclusiveMinimum"} & set(entry)) and bool(
            {"maximum", "exclusiveMaximum"} & set(entry)
        )
    return entry.get("type") != "string" or bool({"maxLength", "enum", "const"} & set(entry))


def entries(value: JsonValue, at: str) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """The places of a schema that describe a value."""
    if isinstance(value, dict):
        yield at, value
        for key, below in value.items():
            if key not in {"default", "required", "propertyNames", "additionalProperties"}:
                yield from entries(below, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from entries(below, f"{at}.{number}")
