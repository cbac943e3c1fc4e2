"""Calls of a typed language, written as its source: values as literals, put into its own words."""

from collections.abc import Callable
from dataclasses import dataclass

from sodakd.judge.sandbox.task import Task
from sodakd.text.json_values import Json
from sodakd.text.languages import LANGUAGES
from sodakd.text.value_types import key_of
from sodakd.value_type import TypeTree, read_type

CLOSED = " /*/)*/\n"
"""Between a program and what follows it: a comment; within a comment that the program leaves open,
the end of that one, and an error."""

PLAIN = frozenset({"int", "float", "bool", "str", "list[int]", "list[float]", "list[str]"})
"""Types that the writers of every language know; for others it gets more of them."""


def octal_text(value: Json) -> str:
    """A string literal of C, C++ and Go: ASCII, each other byte of its UTF-8 as octal."""
    raw = str(value).encode("utf-8", "surrogatepass")
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\077"}
    body = "".join(
        plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw
    )
    return f'"{body}"'


@dataclass(frozen=True)
class Literals:
    """How a language writes values. The forms name what they put where: `{type}`, `{items}`, ...

    `list_form` is that of a tuple as well, `entry_form` that of a key of a dict with its value.
    """

    language: str
    list_form: str
    text: Callable[[Json], str] = octal_text
    char_form: str = "(char){}"
    int_suffix: str = ""
    entry_form: str = "{key}: {value}"
    some_form: str = ""
    none_form: str = ""

    def type_name(self, tree: TypeTree) -> str:
        """A type as the language writes it."""
        return LANGUAGES[self.language].type_name(str(tree))

    def of(self, tree: TypeTree, value: Json) -> str:
        """The literal of a value of this type."""
        if tree.name == "optional":
            form = self.none_form if value is None else self.some_form
            held = "" if value is None else self.of(tree.item, value)
            return form.format(
                type=self.type_name(tree), item=self.type_name(tree.item), value=held
            )
        if isinstance(value, list):
            kinds = tree.items * (len(value) if tree.name == "list" else 1)
            items = ", ".join(map(self.of, kinds, value))
            return self.list_form.format(
                type=self.type_name(tree), item=self.type_name(tree.item), items=items,
                count=len(value),
            )  # fmt: skip
        if isinstance(value, dict):
            items = ", ".join(self._entry(tree, *one) for one in value.items())
            return f"{self.type_name(tree)}{{{items}}}"
        return self.scalar(tree.name, value)

    def _entry(self, tree: TypeTree, name: str, value: Json) -> str:
        key, item = tree.items
        return self.entry_form.format(
            key_type=self.type_name(key), value_type=self.type_name(item),
            key=self.scalar(key.name, key_of(key.name, name)), value=self.of(item, value),
        )  # fmt: skip

    def scalar(self, kind: str, value: Json) -> str:
        """The literal of a value that holds no others."""
        if kind == "str":
            return self.text(value)
        if kind == "char":
            return self.char_form.format(ord(str(value)))
        if kind == "bool":
            return "true" if value else "false"
        return f"{value}{self.int_suffix if kind == 'int' else ''}"

    def calls(self, task: Task, entry: str = "") -> list[str]:
        """The calls of a task, as expressions."""
        kinds = list(map(read_type, task.argument_types))
        return [
            f"{entry or task.entry_point}({', '.join(map(self.of, kinds, given))})"
            for given in task.arguments
        ]
