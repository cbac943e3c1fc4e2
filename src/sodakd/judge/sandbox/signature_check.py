"""Calls that cannot be written in a language whose values have types."""

from sodakd.judge.sandbox.task import Task
from sodakd.text.signatures import TYPED, types_that_lack
from sodakd.text.value_types import fits

_SHOWN = 80


def signature_mismatch(task: Task) -> str:
    """Why the calls of a task do not fit its signature, or ""."""
    if task.script is not None or task.language not in TYPED:
        return ""
    types = task.argument_types
    if lacking := types_that_lack(task.language, types, task.result_type):
        return f"{task.language} has no type for {', '.join(lacking)}"
    for number, call in enumerate(task.arguments, start=1):
        what = f"call {number} of {task.entry_point}"
        if len(call) != len(types):
            return f"{what} has {len(call)} arguments, and its signature has {len(types)}"
        for place, (kind, value) in enumerate(zip(types, call, strict=True), start=1):
            if not fits(kind, value):
                return f"argument {place} of {what} is {repr(value)[:_SHOWN]}, which is no {kind}"
    return ""
