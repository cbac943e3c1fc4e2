"""The names in a text of C or C++, without those of its comments and strings."""

import re

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_TOKEN = re.compile(
    r"""//[^\n]*+|/\*.*?(?:\*/|\Z)
    |"(?:\\.|[^"\\\n])*+(?:"|(?P<open>))
    |(?P<number>\.?\d(?:[eEpP][+-]|'\w|[\w.])*+)
    |'(?:\\.|[^'\\\n])++(?:'|(?P<half>))
    |(?P<word>[^\W\d]\w*+)
    |(?P<odd>\#\#|\\|')""",
    re.VERBOSE | re.DOTALL,
)
"""What does not close is read to its line's end: nothing is read twice."""
_NUMBER = re.compile(r"0[xX][\da-fA-F.'pP+-]*[uUlL]*|[\d.'eE+-]+[uUlLfF]*|0[bB][01']+[uUlL]*")
_RAW = frozenset({"R", "LR", "uR", "UR", "u8R"})


def words(text: str) -> frozenset[str] | None:
    """Every name in a program, none of comments and strings; None where it cannot be sure.

    That is where a name may be put together (`##`, a line that goes on), or hide in a raw string,
    or after a number.
    """
    for token in _TOKEN.finditer(text):
        open_ended = token["open"] is not None or token["half"] is not None
        if token["odd"] or open_ended or not _NUMBER.fullmatch(token["number"] or "0"):
            return None
    found = names(text)
    return None if found & _RAW else found


def names(text: str) -> frozenset[str]:
    """Every name in a text of C++, none of comments and strings."""
    return frozenset(filter(None, (token["word"] for token in _TOKEN.finditer(text))))
