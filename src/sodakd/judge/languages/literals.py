"""Calls of a typed language, written as its source: values as literals, put into its own words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sodakd.judge.sandbox.task import Task
from sodakd.text.json_values import Json

CLOSED = " /*/)*/\n"
"""Between a program and what follows it: a comment; within a comment that the program leaves open,
the end of that one, and an error."""

LISTS = {"list[int]": "int", "list[float]": "float", "list[str]": "str"}


def octal_text(value: Json) -> str:
    """A string literal of C, C++ and Go: ASCII, each other byte of its UTF-8 as octal."""
    raw = str(value).encode("utf-8", "surrogatepass")
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\077"}
    body = "".join(
        plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw
    )
    return f'"{body}"'


def unicode_text(value: Json) -> str:
    """A string literal of Java: ASCII with \\u escapes."""
    return json.dumps(str(value))


@dataclass(frozen=True)
class Literals:
    """How a language writes values. The forms name what they put where: `{type}`, `{items}`, ..."""

    types: Mapping[str, str]
    list_form: str
    text: Callable[[Json], str] = octal_text
    text_form: str = "{}"
    int_suffix: str = ""

    def of(self, kind: str, value: Json) -> str:
        """The literal of a value of this type."""
        if isinstance(value, list):
            item = LISTS[kind]
            items = ", ".join(self.of(item, one) for one in value)
            return self.list_form.format(
                type=self.types[kind], item=self.types[item], items=items, count=len(value)
            )
        if kind == "str":
            return self.text_form.format(self.text(value))
        if kind == "bool":
            return "true" if value else "false"
        return f"{value}{self.int_suffix if kind == 'int' else ''}"

    def calls(self, task: Task, entry: str = "") -> list[str]:
        """The calls of a task, as expressions."""
        return [
            f"{entry or task.entry_point}({', '.join(map(self.of, task.argument_types, given))})"
            for given in task.arguments
        ]
