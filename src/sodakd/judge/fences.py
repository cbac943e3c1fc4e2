"""The fenced blocks of an answer (CommonMark, as models use it), and what was thought aloud."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^([ \t]*(?:[-*+>]|\d+[.)])?[ \t]*)(`{3,}|~{3,})[ \t]*([^`\n]*?)[ \t]*$")
_LABEL = re.compile(r"[\w+#.-]+")
_THINK = re.compile(r"^[ \t]*<\|?(think|thinking|reasoning|thought)\|?>", re.MULTILINE)
_THOUGHT = re.compile(r"</?\|?/?(?:think|thinking|reasoning|thought)\|?>")


@dataclass(frozen=True)
class Block:
    """A fenced block: its label in small letters, what it holds, and whether its fence closes."""

    label: str
    text: str
    closed: bool


def spoken(answer: str) -> tuple[str, bool]:
    """An answer without what was thought aloud, and whether the thinking ended."""
    start = _THINK.search(answer)
    ends = [found for found in _THOUGHT.finditer(answer) if "/" in found.group()]
    if start is None:
        # The prompt may have opened it: what stands before a lone closing mark was thought.
        if ends and answer[: ends[-1].start()].count("```") % 2 == 0:
            return answer[ends[-1].end() :], True
        return answer, True
    ends = [end for end in ends if end.start() > start.end()]
    if not ends:
        return answer[: start.start()], False
    return answer[: start.start()] + answer[ends[-1].end() :], True


def blocks(answer: str) -> Sequence[Block]:
    """The outermost fenced blocks, in their order.

    A fence with a label inside a block opens a block of its own there, as in a Markdown text that
    is itself fenced; it ends at a fence without one. A block of Markdown is opened up: the blocks
    in it count.
    """
    found: list[Block] = []
    held: list[str] = []
    marks: list[str] = []
    label = indent = ""
    for line in answer.splitlines(keepends=True):
        fence = _FENCE.match(line.rstrip("\r\n"))
        if fence is None:
            if marks:
                held.append(line.removeprefix(indent))
            continue
        before, mark, info = fence.groups()
        if not marks:
            marks, held, label = [mark], [], info
            indent = before if not before.strip() else " " * len(before)
            continue
        inner = marks[-1]
        if info and info == label and not "".join(held).strip():
            continue  # the opening fence, said twice
        if info:
            # With fewer marks than the block's own, it is a part of the text.
            if mark[0] == inner[0] and len(mark) >= len(inner) and _LABEL.fullmatch(info):
                marks.append(mark)
        elif mark[0] == inner[0] and len(mark) >= len(inner):
            marks.pop()
            if not marks:
                found += _opened(label, "".join(held), closed=True)
                continue
        held.append(line.removeprefix(indent))
    if marks:
        found += _opened(label, "".join(held), closed=False)
    return found


def _opened(info: str, text: str, *, closed: bool) -> Sequence[Block]:
    name = _LABEL.search(info.casefold().lstrip("{."))
    label = name.group() if name else ""
    if label in {"markdown", "md"} and ("```" in text or "~~~" in text):
        return blocks(text)
    return [Block(label, text, closed)]
