"""How languages write the types of a signature: a rule for each, in the place of a table.

Code inside the sandbox uses it: nothing but the standard library is imported here.
"""

from collections.abc import Callable, Mapping
from functools import partial

from sodakd.value_type import TypeTree

TypeWriter = Callable[[TypeTree], str]
"""A type as a language writes it. Raises `NoTypeError` where it has none."""


class NoTypeError(ValueError):
    """A language has no type for what a signature says."""


def forms(given: Mapping[str, str]) -> TypeWriter:
    """The rule of a language that has a form for each name: `{}` are the types within.

    `pair` is for a tuple of two, `same` for one whose items are of one type.
    """
    return partial(_by_forms, given)


def _by_forms(given: Mapping[str, str], tree: TypeTree) -> str:
    items = [_by_forms(given, item) for item in tree.items]
    form = given.get(tree.name)
    if tree.name == "tuple":
        if len(items) == 2 and "pair" in given:
            form = given["pair"]
        elif len(set(items)) == 1 and "same" in given:
            form = given["same"]
        if form is not None:
            return form.format(", ".join(items), item=items[0], count=len(items))
    if form is None:
        raise NoTypeError(f"{tree}")
    if tree.name == "list" and " | " in items[0]:
        items = [f"({items[0]})"]
    return form.format(*items)


_JAVA = {"int": "long", "float": "double", "bool": "boolean", "str": "String", "char": "char"}
_JAVA_BOXED = {"int": "Long", "float": "Double", "bool": "Boolean", "char": "Character"}


def java_type(tree: TypeTree, *, boxed: bool = False) -> str:
    """Java's type: lists are arrays, and within a `Map` they are a `List`; an optional is null.

    A tuple is an array where its items are of one type.
    """
    name = tree.name
    if name in _JAVA:
        return _JAVA_BOXED.get(name, _JAVA[name]) if boxed else _JAVA[name]
    if name == "optional":
        return java_type(tree.item, boxed=boxed or not tree.item.items)
    if name == "dict":
        key, value = (java_type(item, boxed=True) for item in tree.items)
        return f"Map<{key}, {value}>"
    if len(set(tree.items)) > 1:
        raise NoTypeError(str(tree))
    boxed = boxed or any(part.name == "dict" for part in tree.item.parts())
    item = java_type(tree.item, boxed=boxed)
    return f"List<{item}>" if boxed else f"{item}[]"


_C = {"int": "long long", "float": "double", "bool": "bool", "str": "char *", "char": "char"}


def c_type(tree: TypeTree) -> str:
    """C's type: a list is a struct that the judge declares, `IntList`, `IntListList`."""
    if tree.name in _C:
        return _C[tree.name]
    if tree.name != "list":
        raise NoTypeError(str(tree))
    depth = 0
    while tree.name == "list":
        tree, depth = tree.item, depth + 1
    if tree.name not in _C:
        raise NoTypeError(str(tree))
    return tree.name.capitalize() + depth * "List"
