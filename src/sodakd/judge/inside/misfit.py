"""Calls that cannot be written in a language whose values have types.

Nothing but the standard library is imported here.
"""

import math

from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Task

_TYPED = frozenset({"c", "cpp", "go", "java"})
_ITEMS = {"list[int]": "int", "list[float]": "float", "list[str]": "str"}
_MOST = 2**63
_SHOWN = 80


def misfit(task: Task) -> str:
    """Why the calls of a task do not fit its signature, or ""."""
    if task.script is not None or task.language not in _TYPED:
        return ""
    types = task.argument_types
    for number, call in enumerate(task.arguments, start=1):
        what = f"call {number} of {task.entry_point}"
        if len(call) != len(types):
            return f"{what} has {len(call)} arguments, and its signature has {len(types)}"
        for place, (kind, value) in enumerate(zip(types, call, strict=True), start=1):
            if not fits(kind, value):
                return f"argument {place} of {what} is {repr(value)[:_SHOWN]}, which is no {kind}"
    return ""


def fits(kind: str, value: Json, *, whole: bool = True, finite: bool = True) -> bool:
    """Whether a value is of a type.

    `whole`: a whole number may stand for a float. `finite`: it has to be written in a language.
    """
    if kind in _ITEMS:
        item = _ITEMS[kind]
        return isinstance(value, list) and all(
            fits(item, one, whole=whole, finite=finite) for one in value
        )
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and -_MOST <= value < _MOST
    if not isinstance(value, (int, float) if whole else float):
        return False
    try:
        return math.isfinite(value) or not finite
    except OverflowError:
        return False
