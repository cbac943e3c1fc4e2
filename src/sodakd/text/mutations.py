"""Programs with one token changed: what good tests of the program find wrong."""

import re
from collections.abc import Iterator, Mapping

from sodakd.text.lexer import lexed
from sodakd.types import Language

_OPERATORS: Mapping[str, str] = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "===": "!==", "!==": "===",
    "+": "-", "-": "+", "*": "+", "/": "*", "//": "*", "%": "+", "&&": "||", "||": "&&",
    "and": "or", "or": "and", "true": "false", "false": "true", "True": "False", "False": "True",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?<=\s)(?:<=?|>=?|[=!]==?|[-+*%]|//?|&&|\|\|)(?=\s)"  # blanks: no pointers, types, signs
    r"|\b(?:and|or|true|false|True|False)\b"
    r"|(?<![\w.])[0-9]{1,9}(?![\w.])"
)
_LEFT_ALONE = re.compile(
    r"^[ \t]*+#.*|.*(?:\+\+|--|[-+*/]=|\bimport\b).*|^(?:print|console\.\w+)\(.*"
    r"|^if __name__\b.*(?:\n(?:[ \t].*)?)*",
    re.MULTILINE,
)
"""Lines of C's preprocessor, imports, and steps of loops: without these many would never end; and
what a program does when it is run, which its tests do not call."""
_MAIN = re.compile(r"\bmain\s*+\([^(){};]*+\)[^(){};]*+\{")
_BRACE = re.compile(r"[{}]")


def mutations(code: str, language: Language, most: int) -> list[str]:
    """Return programs that differ from a program in one operator, number or truth value.

    `most` of them, evenly spread over the program; the same ones each time.
    """
    places = list(_places(code, language))
    count = min(most, len(places))
    chosen = [places[at * len(places) // count] for at in range(count)]
    return [code[:start] + new + code[end:] for start, end, new in chosen]


def _places(code: str, language: Language) -> Iterator[tuple[int, int, str]]:
    blank = lexed(code, language).blank
    shown = _without_main(_LEFT_ALONE.sub(lambda line: " " * len(line[0]), blank))
    for found in _TOKEN.finditer(shown):
        new = _OPERATORS.get(found[0])
        yield found.start(), found.end(), new if new is not None else str(int(found[0]) + 1)


def _without_main(text: str) -> str:
    """A program, with blanks in the place of its function `main`."""
    start = _MAIN.search(text)
    if start is None:
        return text
    depth, end = 1, len(text)
    for brace in _BRACE.finditer(text, start.end()):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            end = brace.start()
            break
    return text[: start.start()] + " " * (end - start.start()) + text[end:]
