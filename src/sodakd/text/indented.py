"""The blocks of code that Markdown tells by four blanks before each line, without a fence."""

import textwrap
from collections.abc import Sequence
from itertools import groupby

from sodakd.text.fences import Block
from sodakd.text.language_id import are_prose
from sodakd.text.truncation import compiles

_DEEP = ("    ", "\t")
_MOST = 64
"""So many blocks of an answer are looked at, the last ones."""


def indented_blocks(text: str) -> Sequence[Block]:
    """The indented blocks of a text whose other lines are prose; none of any other text.

    A function's body that goes on where a prompt ended is indented as well: where no prose stands
    beside it, it is a block only if it is Python of its own.
    """
    lines = text.split("\n")
    if not any(line.startswith(_DEEP) for line in lines):
        return ()
    others = [line for line in lines if line.strip() and not line.startswith(_DEEP)]
    if not are_prose(others):
        return ()
    told: list[tuple[int, list[str]]] = []
    at = 0
    for deep, run in groupby(lines, lambda line: not line.strip() or line.startswith(_DEEP)):
        held = list(run)
        if deep and any(map(str.strip, held)):
            told.append((at, held))
        at += sum(len(line) + 1 for line in held)
    found = [block for start, held in told[-_MOST:] for block in _block(held, start)]
    alone = not others and found and not compiles(found[0].text)
    return () if alone else found


def _block(lines: Sequence[str], start: int) -> Sequence[Block]:
    if are_prose(line.strip() for line in lines):
        return ()
    code = textwrap.dedent("\n".join(lines)).strip("\n")
    return [Block("", f"{code}\n", True, start, start + sum(len(line) + 1 for line in lines))]
