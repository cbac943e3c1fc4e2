"""Faults made on printed Python: a name that is not there, broken syntax, a missing return."""

import re
from random import Random

# Names that a slip of the pen might give a variable, and that no printed program binds.
_STRANGERS = ("res", "result", "out", "output", "values", "lst", "arr", "val")


def break_name(code: str, parameter: str, rng: Random) -> str:
    """The variable of the return line has a name that stands for nothing: a NameError."""
    body, _, last = code.rpartition("\n")
    stranger = rng.choice(_STRANGERS)
    variable = re.findall(rf"\b{parameter}\b", last)
    # A loop may have ended in a variable of its own: then that one is renamed.
    name = parameter if variable else last.removeprefix("    return ")
    return f"{body}\n" + re.sub(rf"\b{name}\b", stranger, last)


def break_syntax(code: str, rng: Random) -> str:
    """The head's colon, its parenthesis or the last bracket is missing: a SyntaxError."""
    head, _, body = code.partition(":\n")
    ways = [f"{head}\n{body}", code.replace("(", " ", 1)]
    if code[-1] in ")]":
        ways.append(code[:-1])
    return rng.choice(ways)


def break_return(code: str, parameter: str, rng: Random) -> str:
    """The result is computed, and not returned."""
    return code.replace("    return ", rng.choice((f"    {parameter} = ", "    ")))
