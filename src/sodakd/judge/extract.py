"""Finding the code in an answer."""

import re

_FENCE = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)", re.DOTALL | re.MULTILINE)


def extract_code(answer: str) -> str:
    """The first fenced block of an answer, or the whole answer where nothing is fenced."""
    found = _FENCE.search(answer)
    return found.group(1) if found else answer
