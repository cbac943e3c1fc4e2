"""The fenced blocks of an answer: CommonMark, and the slips of models that it does not know."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sodakd.text.labels import is_known, label_of

_MARKS = re.compile(r"`{3,}+|~{3,}+")
# A list's other marks, `*` and `+`, begin the lines of comments, whose fences are no blocks.
_LEAD = re.compile(r"(?:[ \t]*+(?:>|(?:-|\d{1,9}[.)])(?=[ \t])))*+[ \t]*+\Z")
_QUOTE = re.compile(r"^(?:[ \t]*+>)++ ?", re.MULTILINE)
_COMMENTS = ("#", "//", "*", "/*", "--", '"', "'")
_MOST = 4_000
"""Lines with fence marks that are looked at."""
_DEEPEST = 3
"""Fenced Markdown in fenced Markdown: so many are opened."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its label, "" where it says nothing; what it holds; whether its fence closes.

    `start` and `end` are its place in the answer, fences included.
    """

    label: str
    text: str
    closed: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Fence:
    """A line with fence marks. `glued`: other text stands before them on the line."""

    start: int
    marks_at: int
    end: int
    lead: str
    marks: str
    info: str
    glued: bool

    def opens(self) -> bool:
        """Whether a block can begin here, where none is open."""
        if self.marks[0] == "`" and "`" in self.info:
            return False  # code in a line of text
        if not self.glued:
            return True
        if self.lead.lstrip().startswith(_COMMENTS):
            return False
        return is_known(self.info) or (not self.info and self.lead.rstrip().endswith(":"))

    def opens_within(self, outer: "_Fence") -> bool:
        return self._ends(outer) and not self.glued and is_known(self.info)

    def closes(self, opener: "_Fence") -> bool:
        """Four columns deeper than where it opened, a fence belongs to the text (a docstring's)."""
        near = len(self.lead.expandtabs(4)) <= len(opener.lead.expandtabs(4)) + 3
        return self._ends(opener) and not self.glued and not self.info and near

    def _ends(self, opener: "_Fence") -> bool:
        return self.marks[0] == opener.marks[0] and len(self.marks) >= len(opener.marks)

    def ends_loosely(self, opener: "_Fence") -> bool:
        """A closing fence with text before or after it, or the opening fence of another block."""
        return self._ends(opener) and (not self.glued or not self.info or is_known(self.info))


def blocks(answer: str, *, open_up: bool = True) -> Sequence[Block]:
    """The outermost fenced blocks, in their order.

    A fence with a language's label inside a block opens one of its own there, and ends at a fence
    without one. Where that leaves the outer block open to the end, no block is taken to hold
    another from there on: the next fence of any kind ends it. A block of Markdown, or one without a
    label, that holds fenced blocks is opened up: those count; unless `open_up` is false. Time is
    linear in the answer.
    """
    return _blocks(answer, _DEEPEST if open_up else 0)


def _blocks(answer: str, depth: int) -> Sequence[Block]:
    fences = list(islice(_fences(answer), _MOST))
    found: list[Block] = []
    at, nested = 0, True
    while at < len(fences):
        opener = fences[at]
        if not opener.opens():
            at += 1
            continue
        end = _closing(fences, at) if nested else None
        if end is None:
            nested = False
            end = _loose_end(fences, at)
        if end == len(fences):
            stop, over, at = len(answer), len(answer), end
        else:
            last = fences[end]
            stop = last.marks_at if last.glued else last.start
            begins = not nested and is_known(last.info) and last.opens()
            over = stop if begins else last.end
            if begins and last.glued:
                stop = last.start
            at = end if begins else end + 1
        closed = stop < len(answer)
        text = _dedented(answer[opener.end : stop], opener.lead)
        found += _opened(opener, text, closed, over, depth)
    return found


def _fences(answer: str) -> Iterator[_Fence]:
    past = 0
    for found in _MARKS.finditer(answer):
        if found.start() < past:
            continue  # the second on its line
        start = answer.rfind("\n", past, found.start()) + 1 or past
        past = answer.find("\n", found.end()) + 1 or len(answer)
        lead = answer[start : found.start()]
        info = answer[found.end() : past].strip()
        glued = _LEAD.match(lead) is None
        yield _Fence(start, found.start(), past, lead, found.group(), info, glued)


def _closing(fences: Sequence[_Fence], at: int) -> int | None:
    """The fence that closes this one, blocks inside it matched; None where none does."""
    stack = [fences[at]]
    for number in range(at + 1, len(fences)):
        fence = fences[number]
        if fence.closes(stack[-1]):
            stack.pop()
            if not stack:
                return number
        elif fence.opens_within(stack[-1]):
            stack.append(fence)
    return None


def _loose_end(fences: Sequence[_Fence], at: int) -> int:
    later = range(at + 1, len(fences))
    return next((n for n in later if fences[n].ends_loosely(fences[at])), len(fences))


def _dedented(text: str, lead: str) -> str:
    """What stands in a list or a quotation, without the indentation or the marks of that."""
    if not lead or not text:
        return text
    lines = text.split("\n")
    if ">" in lead and all(line.lstrip().startswith(">") for line in lines if line.strip()):
        return _QUOTE.sub("", text)
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    cut = min([len(lead), *indents])
    return "\n".join(line[cut:] for line in lines) if cut else text


def _opened(opener: _Fence, text: str, closed: bool, over: int, depth: int) -> Sequence[Block]:
    label = label_of(opener.info)
    if depth and label in {"markdown", ""} and _MARKS.search(text):
        inner = _blocks(text, depth - 1)
        if inner and (label or any(block.label for block in inner)):
            return [
                Block(block.label, block.text, block.closed, opener.start, over) for block in inner
            ]
    return [Block(label, text, closed, opener.start, over)]
