"""How a function is declared that calls reach, in the languages whose values have types.

Workers of the judge import this: nothing but the standard library is imported here.
"""

from collections.abc import Iterator, Sequence

from sodakd.text.languages import LANGUAGES
from sodakd.text.type_forms import NoTypeError
from sodakd.value_type import TypeTree, read_type

TYPED = frozenset(name for name, one in LANGUAGES.items() if one.needs_types)
"""Languages whose calls cannot be written without types."""


def declaration_hint(language: str, name: str, arguments: Sequence[str], returns: str) -> str:
    """The sentence that says so; "" for a language without types.

    `arguments` and `returns` are types of a signature (`list[int]`).
    """
    text = LANGUAGES[language]
    if text.types is None:
        return ""
    form, one = text.declared
    written = [
        one.format(kind=text.type_name(kind), name=chr(ord("a") + place)).replace("* ", "*")
        for place, kind in enumerate(arguments)
    ]
    given = text.type_name(returns, result=True)
    declared = form.format(name=name, arguments=", ".join(written), returns=given)
    lists = [
        f"`{kind}` is `struct {{ {items}; int count; }}`, declared already"
        for kind, items in (c_lists((*arguments, returns)) if language == "c" else ())
    ]
    return "; ".join([f"Declare it as {declared.replace('* ', '*')}", *lists]) + "."


def c_lists(kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The structs that stand for lists in C, each with the member that holds its items; a list
    within another before that one."""
    written = LANGUAGES["c"].types
    assert written is not None
    seen = dict.fromkeys(part for kind in kinds for part in read_type(kind).parts())
    for tree in sorted(seen, key=_order):
        if tree.name == "list":
            yield written(tree), f"{written(tree.item)} *items".replace("* *", "**")


def _order(tree: TypeTree) -> tuple[int, int]:
    depth, inner = 0, tree
    while inner.name == "list":
        depth, inner = depth + 1, inner.item
    return depth, _SHOWN.index(inner.name) if inner.name in _SHOWN else len(_SHOWN)


_SHOWN = ("int", "float", "str")


def types_that_lack(language: str, arguments: Sequence[str], returns: str) -> list[str]:
    """The types of a signature that a language has not."""
    if LANGUAGES[language].types is None:
        return []
    lacking = list[str]()
    for kind, result in [*((one, False) for one in arguments), (returns, True)]:
        try:
            LANGUAGES[language].type_name(kind, result=result)
        except NoTypeError as error:
            lacking.append(str(error))
    return list(dict.fromkeys(lacking))
