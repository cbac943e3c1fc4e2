"""What a model thought aloud before it answered, as the models of this field mark it."""

import re
from collections.abc import Iterator, Sequence

from sodakd.text.fences import blocks

_NAME = r"(?:\w{1,12}:)?(?:think|thinking|thoughts?|reasoning|analysis|scratchpad)"
_OPEN = (
    rf"<\|?{_NAME}\|?>|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>|◁think▷"
    r"|(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>"
)
_CLOSE = (
    rf"</\|?{_NAME}\|?>|<\|/{_NAME}\|>|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>|◁/think▷"
    r"|<\|channel\|>final<\|message\|>"
)
_OPENS = re.compile(_OPEN)
_CLOSES = re.compile(_CLOSE)
_MARK = re.compile(f"({_CLOSE})|{_OPEN}")
_SPACE = re.compile(r"\s*+")


def strip_thinking(answer: str) -> tuple[str, bool]:
    """An answer without what was thought aloud, and whether the thinking ended.

    An answer that begins with thinking thinks up to the first closing mark. After that, marks count
    at the start or the end of a line outside of closed fences, so that a program may hold them as
    text. A closing mark with none before it (the prompt may have opened it) ends thinking as well.
    """
    if _MARK.search(answer) is None:
        return answer, True
    at = 0
    while (opened := _OPENS.match(answer, _end_of_space(answer, at))) is not None:
        closed = _CLOSES.search(answer, opened.end())
        if closed is None:
            return "", False
        at = closed.end()
    return _without_later(answer[at:])


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _without_later(text: str) -> tuple[str, bool]:
    kept: list[str] = []
    at, opened = 0, -1
    for mark in _outside_of_fences(text):
        if mark.group(1):
            if opened >= 0:
                kept.append(text[at:opened])
            else:
                kept.clear()
            at, opened = mark.end(), -1
        elif opened < 0:
            opened = mark.start()
    kept.append(text[at:opened] if opened >= 0 else text[at:])
    return "".join(kept), opened < 0


def _outside_of_fences(text: str) -> Iterator[re.Match[str]]:
    fenced: Sequence[tuple[int, int]] = [
        (block.start, block.end) for block in blocks(text) if block.closed
    ]
    number = 0
    for mark in _MARK.finditer(text):
        while number < len(fenced) and fenced[number][1] <= mark.start():
            number += 1
        inside = number < len(fenced) and fenced[number][0] < mark.start()
        if not inside and _ends_or_begins_line(text, mark):
            yield mark


def _ends_or_begins_line(text: str, mark: re.Match[str]) -> bool:
    """Looks a few characters to both sides: a line of blanks alone is not worth more."""
    before = text[max(0, mark.start() - 80) : mark.start()].rpartition("\n")[2]
    after = text[mark.end() : mark.end() + 80].partition("\n")[0]
    if mark.group(1):
        return not before.strip() or not after.strip()
    return not before.strip()
