"""How a function is declared that calls reach, in the languages whose values have types.

Workers of the judge import this: nothing but the standard library is imported here.
"""

from collections.abc import Mapping, Sequence

TYPES: Mapping[str, Mapping[str, str]] = {
    "java": {
        "int": "long", "float": "double", "bool": "boolean", "str": "String",
        "list[int]": "long[]", "list[float]": "double[]", "list[str]": "String[]",
    },
    "c": {
        "int": "long long", "float": "double", "bool": "bool", "str": "char *",
        "list[int]": "IntList", "list[float]": "FloatList", "list[str]": "StrList",
    },
    "cpp": {
        "int": "long long", "float": "double", "bool": "bool", "str": "std::string",
        "list[int]": "std::vector<long long>", "list[float]": "std::vector<double>",
        "list[str]": "std::vector<std::string>",
    },
    "go": {
        "int": "int", "float": "float64", "bool": "bool", "str": "string",
        "list[int]": "[]int", "list[float]": "[]float64", "list[str]": "[]string",
    },
    "typescript": {
        "int": "number", "float": "number", "bool": "boolean", "str": "string",
        "list[int]": "number[]", "list[float]": "number[]", "list[str]": "string[]",
    },
}  # fmt: skip
"""The types of a signature as each language writes them."""
TYPED = frozenset({"java", "c", "cpp", "go"})
"""Languages whose calls cannot be written without types."""
_FORMS = {
    "java": ("`public static {returns} {name}({arguments})` in `class Solution`", "{kind} {name}"),
    "c": ("`{returns} {name}({arguments})`", "{kind} {name}"),
    "cpp": ("`{returns} {name}({arguments})`", "{kind} {name}"),
    "go": ("`func {name}({arguments}) {returns}` in `package main`", "{name} {kind}"),
    "typescript": ("`function {name}({arguments}): {returns}`", "{name}: {kind}"),
}
_LISTS = {"IntList": "long long *items", "FloatList": "double *items", "StrList": "char **items"}
"""C has no lists: the judge declares these."""


def declaration_hint(language: str, name: str, arguments: Sequence[str], returns: str) -> str:
    """The sentence that says so; "" for a language without types.

    `arguments` and `returns` are types of a signature (`list[int]`).
    """
    if language not in TYPES:
        return ""
    kinds = TYPES[language]
    form, one = _FORMS[language]
    written = [
        one.format(kind=kinds[kind], name=chr(ord("a") + place)).replace("* ", "*")
        for place, kind in enumerate(arguments)
    ]
    text = form.format(name=name, arguments=", ".join(written), returns=kinds[returns])
    lists = [
        f"`{kind}` is `struct {{ {items}; int count; }}`, declared already"
        for kind, items in _LISTS.items()
        if kind in {kinds[one] for one in (*arguments, returns)} and language == "c"
    ]
    return "; ".join([f"Declare it as {text.replace('* ', '*')}", *lists]) + "."
