"""Every key of a recipe as a page of Markdown: its default, what it takes, what it means."""

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue

from sodakd.recipe import Recipe
from sodakd.recipe_values import section_of
from sodakd.settings.changes import MAY_CHANGE, MAY_GROW, MAY_MOVE

_HEAD = """# Every key of a recipe

Made by `sodakd schema --markdown`. A key is written as overrides name it: `training.max_steps=100`.
The last column says what a run that was begun takes: another value (yes), a larger one, or a file
that was moved; of all others it keeps the value that it was begun with.
"""
_TABLE = "| key | default | takes | means | may change |\n|---|---|---|---|---|"


def recipe_page() -> str:
    """Return the page."""
    rows = list(_rows(Recipe, "", Recipe().model_dump(mode="json")))
    sections: dict[str, list[str]] = {}
    for key, row in rows:
        sections.setdefault(key.partition(".")[0] if "." in key else "", []).append(row)
    parts = [_HEAD]
    for name, lines in sections.items():
        field = Recipe.model_fields[name] if name else None
        words = (getattr(field.annotation, "__doc__", "") or "") if field else ""
        about = " ".join(words.split())
        parts.append("\n".join([f"## `{name}`\n\n{about}\n" if name else "", _TABLE, *lines, ""]))
    return "\n".join(parts)


def _rows(
    model: type[BaseModel], before: str, defaults: Mapping[str, JsonValue]
) -> Iterator[tuple[str, str]]:
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
        key, default = f"{before}{name}", defaults[name]
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(default, dict):
            yield from _rows(kind, f"{key}.", default)
            continue
        takes = _takes(schema["properties"][name], schema.get("$defs"))
        means = (field.description or "").replace("|", "\\|")
        yield key, f"| `{key}` | `{_shown(default)}` | {takes} | {means} | {_changes(key)} |"
        listed = section_of(kind)
        if listed is not None:
            fields = listed.model_fields.items()
            own = {each: None if one.is_required() else one.default for each, one in fields}
            yield from _rows(listed, f"{key}.", own)


def _shown(value: JsonValue) -> str:
    return json.dumps(value).replace("|", "\\|")


def _changes(key: str) -> str:
    if key in MAY_GROW:
        return "to more"
    return "yes" if key in MAY_CHANGE else "moved" if key in MAY_MOVE else ""


def _takes(entry: JsonValue, definitions: JsonValue) -> str:
    """A value's type in words."""
    if not isinstance(entry, dict):
        return ""
    reference = entry.get("$ref")
    if isinstance(reference, str) and isinstance(definitions, dict):
        return _takes(definitions.get(reference.rpartition("/")[2]), definitions)
    choices = entry.get("enum")
    if isinstance(choices, list):
        return ", ".join(f"`{choice}`" for choice in choices)
    options = entry.get("anyOf")
    if isinstance(options, list):
        return " or ".join(_takes(option, definitions) for option in options)
    kind = str(entry.get("type", "any"))
    if kind in {"integer", "number"}:
        return f"{kind} {_range(entry)}".strip()
    if kind == "array":
        items = entry.get("items")
        return f"list of {_takes(items, definitions)}" if items else "list"
    return {"string": "text", "object": "mapping", "boolean": "true or false"}.get(kind, kind)


def _range(entry: Mapping[str, JsonValue]) -> str:
    low, above = entry.get("minimum"), entry.get("exclusiveMinimum")
    high, below = entry.get("maximum"), entry.get("exclusiveMaximum")
    words = [f"from {low:,}" if isinstance(low, int | float) else "",
             f"above {above:,}" if isinstance(above, int | float) else "",
             f"to {high:,}" if isinstance(high, int | float) else "",
             f"below {below:,}" if isinstance(below, int | float) else ""]  # fmt: skip
    return " ".join(word for word in words if word)
