"""How a function is declared that calls reach, in the languages whose values have types.

Workers of the judge import this: nothing but the standard library is imported here.
"""

from collections.abc import Sequence

from sodakd.text.languages import LANGUAGES

TYPED = frozenset(name for name, one in LANGUAGES.items() if one.needs_types)
"""Languages whose calls cannot be written without types."""
_LISTS = {"IntList": "long long *items", "FloatList": "double *items", "StrList": "char **items"}
"""C has no lists: the judge declares these."""


def declaration_hint(language: str, name: str, arguments: Sequence[str], returns: str) -> str:
    """The sentence that says so; "" for a language without types.

    `arguments` and `returns` are types of a signature (`list[int]`).
    """
    kinds = LANGUAGES[language].types
    if not kinds:
        return ""
    form, one = LANGUAGES[language].declared
    written = [
        one.format(kind=kinds[kind], name=chr(ord("a") + place)).replace("* ", "*")
        for place, kind in enumerate(arguments)
    ]
    text = form.format(name=name, arguments=", ".join(written), returns=kinds[returns])
    lists = [
        f"`{kind}` is `struct {{ {items}; int count; }}`, declared already"
        for kind, items in _LISTS.items()
        if kind in {kinds[one] for one in (*arguments, returns)}
    ]
    return "; ".join([f"Declare it as {text.replace('* ', '*')}", *lists]) + "."
