"""The blocks of code that Markdown tells by four blanks before each line, without a fence."""

import textwrap
from collections.abc import Sequence

from sodakd.answers.fences import Block
from sodakd.judge.complete import compiles
from sodakd.judge.guess import is_prose

_DEEP = ("    ", "\t")


def indented_blocks(text: str) -> Sequence[Block]:
    """The indented blocks of a text whose other lines are prose; none of any other text.

    A function's body that goes on where a prompt ended is indented as well: where no prose stands
    beside it, it is a block only if it is Python of its own.
    """
    lines = text.split("\n")
    others = [line for line in lines if line.strip() and not line.startswith(_DEEP)]
    if not all(map(is_prose, others)):
        return ()
    found: list[Block] = []
    at, start, held = 0, 0, list[str]()
    for line in [*lines, "."]:
        if not line.strip() or line.startswith(_DEEP):
            start = start if held else at
            held.append(line)
        elif held:
            found += _block(held, start)
            held = []
        at += len(line) + 1
    alone = not others and found and not compiles(found[0].text)
    return () if alone else found


def _block(lines: Sequence[str], start: int) -> Sequence[Block]:
    if all(is_prose(line.strip()) for line in lines):
        return ()
    code = textwrap.dedent("\n".join(lines)).strip("\n")
    return [Block("", f"{code}\n", True, start, start + sum(len(line) + 1 for line in lines))]
