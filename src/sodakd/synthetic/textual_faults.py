"""Faults made on printed code: a name that is not there, broken syntax, a missing return."""

import re
from random import Random

from sodakd.synthetic.program import Program
from sodakd.types import FaultKind, Language

# Names that a slip of the pen might give a variable, and that no printed program binds.
_STRANGERS = ("res", "result", "out", "output", "values", "lst", "arr", "val")


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


def break_text(
    code: str, program: Program, kind: FaultKind, rng: Random, language: Language
) -> str:
    """The printed program with a fault of the text, which fails in `language` whatever the input.

    Raises `KeyError` for a kind that is made on programs.
    """
    if kind is FaultKind.NAME:
        return _strange_name(code, program, rng)
    if language is Language.PYTHON:
        ways = {
            FaultKind.SYNTAX: lambda: break_syntax(code, rng),
            FaultKind.NO_RETURN: lambda: break_return(code, program.parameter, rng),
        }
    else:
        ways = {
            FaultKind.SYNTAX: lambda: _syntax_with_braces(code, program, rng, language),
            FaultKind.NO_RETURN: lambda: _return_with_braces(code, program, language),
        }
    return ways[kind]()


_RETURN = re.compile(r"^( +)return (.*)$", re.MULTILINE)
_VOID = frozenset({Language.C, Language.CPP})
_NEEDS_SEMICOLONS = frozenset({Language.C, Language.CPP, Language.JAVA})


def _last_return(code: str) -> re.Match[str]:
    return list(_RETURN.finditer(code))[-1]


def _strange_name(code: str, program: Program, rng: Random) -> str:
    """The variable of the return line has a name that stands for nothing."""
    line = _last_return(code)
    # A step may have ended in a variable of its own: `r1` or `t1`, in Python `p`.
    name = re.findall(rf"\b(?:{program.parameter}|[rt][0-9]|p$)\b", line[2])[0]
    changed = re.sub(rf"\b{name}\b", rng.choice(_STRANGERS), line[2])
    return code[: line.start(2)] + changed + code[line.end(2) :]


def _syntax_with_braces(code: str, program: Program, rng: Random, language: Language) -> str:
    """The last brace, the first of the function, a parenthesis or a semicolon is missing."""
    head = code.rindex(f"{program.name}(")
    ways = [
        code[: code.rindex("}")].rstrip(),
        code[:head] + code[head:].replace(" {", "", 1),
        code[:head] + code[head:].replace("(", " ", 1),
    ]
    if language in _NEEDS_SEMICOLONS:
        end = _last_return(code).end()
        ways.append(code[: end - 1] + code[end:])
    return rng.choice(ways)


def _return_with_braces(code: str, program: Program, language: Language) -> str:
    """The result is computed, and not returned.

    In C and C++ a missing return may go unnoticed: there the function is `void` as well, so that
    whoever uses its result cannot be compiled.
    """
    line = _last_return(code)
    start = "_ = " if language is Language.GO else ""
    code = code[: line.start()] + line[1] + start + line[2] + code[line.end() :]
    if language not in _VOID:
        return code
    return re.sub(rf"^.*(?= {program.name}\()", "void", code, flags=re.MULTILINE)
