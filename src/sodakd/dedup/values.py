"""The values in a question's examples: they outlive another wording and another language.

A translation, to German or to Java, has other words and the same examples.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_NUMBER = r"-?\d+(?:\.\d+)?"
_NUMBERS = re.compile(rf"{_NUMBER}(?:[ \t]*[,;][ \t]*{_NUMBER}){{2,}}")
_ONE = re.compile(_NUMBER)
_QUOTED = re.compile(r"\"([^\"\n]{5,200})\"|(?<!\w)'([^'\n]{5,200})'(?!\w)")
_EVERYDAY = re.compile(r"[A-Za-z]+|\W+")
_CALL = re.compile(r"[A-Za-z_]\w*[ \t]?\((.*)")
_LITERAL = re.compile(
    rf"(?<![\w.])(?:{_NUMBER}|true|false|none|null|nil)(?![\w.])"
    r"|\"(?:[^\"\n\\]|\\.){0,200}\"|(?<!\w)'(?:[^'\n\\]|\\.){0,200}'(?!\w)",
    re.IGNORECASE,
)
_PROMPT = re.compile(r"^[\s*/#]*>{1,3}")
_NONE = {"none": "null", "nil": "null"}


def example_values(text: str) -> frozenset[str]:
    """The values of a text that are not everybody's: rows of numbers, strings, examples.

    An example is what stands in a call and behind it: two values or more. Rows that only count
    (`1, 2, 3`) are left out, and strings of one word.
    """
    return frozenset([*_rows(text), *_strings(text), *_examples(text)])


def _rows(text: str) -> Iterator[str]:
    for match in _NUMBERS.finditer(text):
        numbers = [format(float(one), "g") for one in _ONE.findall(match.group())]
        steps = {right - left for left, right in pairwise(map(float, numbers))}
        if len(steps) > 1:
            yield ",".join(numbers)


def _strings(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        string = " ".join((match[1] or match[2]).split())
        if not _EVERYDAY.fullmatch(string):
            yield f"'{string}'"


def _examples(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for line, below in pairwise([*lines, ""]):
        call = _CALL.search(line)
        if call is None:
            continue
        shown = f"{call[1]} {below}" if _PROMPT.match(line) else call[1]
        found = [_plain(one) for one in _LITERAL.findall(shown)]
        if len(found) > 1 and len(set(found)) > 1:
            yield f"({' '.join(found)})"


def _plain(literal: str) -> str:
    """A literal as all languages have it."""
    if literal[0] in "\"'":
        return f"'{literal[1:-1]}'"
    low = literal.lower()
    return _NONE.get(low, low) if low[0].isalpha() else format(float(low), "g")
