"""The values of a recipe as its settings: variables of the environment, and mistakes in words."""

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar, get_args

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from sodakd.errors import RecipeError
from sodakd.recipe import Recipe
from sodakd.settings.sources import shortened
from sodakd.types import FrozenModel

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_Section = TypeVar("_Section", bound=FrozenModel)


def validated(kind: type[_Section], values: dict[str, JsonValue], where: str) -> _Section:
    """The values as a recipe or a section of one. Raises `RecipeError` with every mistake."""
    mistakes: list[str] = []
    unset: list[str] = []
    revealed = _reveal(values, "", mistakes, unset)
    found: _Section | None = None
    try:
        found = kind.model_validate_json(json.dumps(revealed), strict=True)
    except ValidationError as error:
        details = [each for each in error.errors() if not _about(each["loc"], unset)]
        mistakes += [_mistake(detail, values, kind) for detail in details]
    except ValueError as error:
        mistakes.append(f"a value cannot be read: {error}")
    if found is None or mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "\n".join(f"  {shortened(line, 500)}" for line in mistakes)
        raise RecipeError(f"{count} in {where}:\n{lines}", mistakes)
    return found


def redact(dumped: JsonValue, values: JsonValue) -> dict[str, JsonValue]:
    """Return settings as they are written down: a value that names a variable keeps the name."""

    def walk(dump: JsonValue, value: JsonValue) -> JsonValue:
        if isinstance(value, str) and _VARIABLE.search(value):
            return value
        if isinstance(dump, dict) and isinstance(value, Mapping):
            return {key: walk(below, value.get(key)) for key, below in dump.items()}
        return dump

    redacted = walk(dumped, values)
    assert isinstance(redacted, dict)
    return redacted


def _about(place: Sequence[int | str], unset: Sequence[str]) -> bool:
    """Whether a mistake is at, or above, a value whose variable is not set: that is said."""
    at = ".".join(str(part) for part in place)
    return bool(at) and any(f"{each}.".startswith(f"{at}.") for each in unset)


def _reveal(value: JsonValue, at: str, mistakes: list[str], unset: list[str]) -> JsonValue:
    if isinstance(value, dict):
        return {
            str(key): _reveal(below, f"{at}.{key}" if at else str(key), mistakes, unset)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [
            _reveal(item, f"{at}.{number}", mistakes, unset) for number, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    names = dict.fromkeys(_VARIABLE.findall(value))
    missing = [name for name in names if name not in os.environ]
    unset += [at] if missing else []
    mistakes += [f"{at}: the environment variable {name} is not set" for name in missing]
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), value)


_ARMS = "an earlier version had it: name the methods in arms, such as arms: [soda, sft]"
_FORMER = {
    "method": _ARMS,
    "control": _ARMS,
    "feedback.grade": "an earlier version had it: set feedback.scorer to teacher (it was true),"
    " none (it was false) or trained",
}
"""Keys that recipes had, and what stands in their place."""


def _mistake(detail: ErrorDetails, values: JsonValue, kind: type[FrozenModel]) -> str:
    of_key = detail["loc"][-1:] == ("[key]",)  # so pydantic names a mistake in a mapping's key
    parts = detail["loc"][:-2] if of_key else detail["loc"]
    place = ".".join(map(str, parts)) or "the recipe as a whole"
    if detail["type"] == "extra_forbidden":
        *parents, last = detail["loc"]
        if kind is Recipe and place in _FORMER:
            return f"{place}: unknown key; {_FORMER[place]}"
        known = _keys_at(parents, kind)
        close = difflib.get_close_matches(str(last), known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return f"{shortened(place)}: unknown key; {advice}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":
        return f"{place}: {message}"
    found = detail["loc"][-2] if of_key else _found(values, parts)
    return f"{place}: {message[:1].lower()}{message[1:]}; found {shortened(json.dumps(found))}"


def _keys_at(parents: Sequence[int | str], model: type[FrozenModel]) -> list[str]:
    for parent in parents:
        if isinstance(parent, int):  # a section in a list of them
            continue
        field = model.model_fields.get(parent)
        below = None if field is None else section_of(field.annotation)
        if below is None:
            return []
        model = below
    return sorted(model.model_fields)


def section_of(kind: object) -> type[FrozenModel] | None:
    """The section that a key's value is, or that a list of it holds; None where it is a value."""
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, FrozenModel):
            return each
    return None


def _found(values: JsonValue, place: Sequence[int | str]) -> JsonValue:
    for part in place:
        if isinstance(values, dict) and part in values:
            values = values[str(part)]
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values
