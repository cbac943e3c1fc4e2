"""What an answer in a language with braces shows: its lines, with the names of variables levelled.

Nothing is parsed for real: brackets that match and statements that end stand for it.
"""

import re
from dataclasses import dataclass

from sodakd.synthetic.languages import heading
from sodakd.synthetic.program import Program
from sodakd.types import Language

# None begins at an escaped mark: each one in a line without an end would look for it once more.
_STRINGS = re.compile(r'(?<!\\)(?:"(?:\\.|[^"\\\n])*+"|\'(?:\\.|[^\'\\\n])*+\')')
# The `:` is that of `for (char c : s)`; in `a ? b : c` it binds nothing.
_BOUND = re.compile(
    r"(?<![A-Za-z_])([A-Za-z_]\w*+)\s*+(?::?=(?!=)|=>|->)|\bfor \([^;:()]*?\b(\w++) :"
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WITH_SEMICOLONS = frozenset({Language.C, Language.CPP, Language.JAVA})


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """What an answer shows: its steps (lines, or Python's statements), with names levelled."""

    parses: bool
    signature: bool = False
    returns: bool = False
    steps: tuple[str, ...] = ()


UNREADABLE = ParsedAnswer(parses=False)


def read_lines(code: str, program: Program, language: Language) -> ParsedAnswer:
    """Read the answer's function line by line."""
    lines = [" ".join(line.split()) for line in code.splitlines()]
    head = heading(program, language) + " {"
    start = lines.index(head) if head in lines else _any_head(lines, program)
    if not _matched(code) or start is None:
        return UNREADABLE
    body = [line for line in lines[start + 1 :] if line.strip("{}")]
    if language in _WITH_SEMICOLONS and not all(line[-1] in ";{}" for line in body):
        return UNREADABLE
    names = [one or other for one, other in _BOUND.findall("\n".join(body))]
    bound = {program.parameter, *names}
    return ParsedAnswer(
        parses=True,
        signature=head in lines,
        returns=bool(body) and re.fullmatch(r"return [^;].*", body[-1]) is not None,
        steps=tuple([_levelled(line, bound) for line in body]),
    )


def _any_head(lines: list[str], program: Program) -> int | None:
    found = [
        number
        for number, line in enumerate(lines)
        if f"{program.name}(" in line and line.endswith("{")
    ]
    return found[0] if found else None


def _matched(code: str) -> bool:
    opened: list[str] = []
    for character in _STRINGS.sub("", code):
        if character in "([{":
            opened.append(character)
        elif character in _PAIRS and (not opened or opened.pop() != _PAIRS[character]):
            return False
    return not opened


def _levelled(line: str, bound: set[str]) -> str:
    """The line with its variables numbered as they come in it."""
    numbers: dict[str, str] = {}

    def level(word: re.Match[str]) -> str:
        if word[0] not in bound:
            return word[0]
        return numbers.setdefault(word[0], f"#{len(numbers)}")

    return _WORD.sub(level, line)
