"""The types that a Java program declares, as far as its tests depend on them."""

import re
from itertools import pairwise

_TOKEN = re.compile(
    r'''//[^\n]*|/\*.*?(?:\*/|\Z)
    |"""(?:\\.|[^\\])*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?
    |(?P<word>[^\W\d][\w$]*)|(?P<mark>[{}(])''',
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u+([0-9a-fA-F]{4})")
"""A character by its number; behind a backslash that is one itself it is none."""
_ASCII = re.compile(r"(?<!\\)((?:\\\\)*)\\u+(00[0-7][0-9a-fA-F])")
_TIMES = 4
_END = "\x1a"
"""Where it stands as no part of a text, the compiler reads no further."""
_KINDS = frozenset({"class", "interface", "enum", "record"})
_RELIED = frozenset(
    """
    Arrays AssertionError Boolean Byte Character Class Collections Double Error Exception Float
    IllegalStateException Integer Long Math Number Object Objects Runtime RuntimeException Short
    StrictMath String System Thread Throwable
    """.split()  # noqa: SIM905
)
"""What tests compare and end by."""


def _tokens(text: str) -> list[tuple[str, int]]:
    """Words, braces and opening brackets, and where they end; none of comments and strings."""
    return [
        (found["word"] or found["mark"], found.end())
        for found in _TOKEN.finditer(text)
        if found.lastgroup
    ]


def _read(text: str, escape: re.Pattern[str] = _ESCAPE) -> str:
    return escape.sub(lambda found: f"{found[1]}{chr(int(found[2], 16))}", text)


def plain(program: str) -> str | None:
    """The program with no character of ASCII by its number: what is read here is what is compiled.

    None where such numbers hide others, or where it ends what the compiler reads.
    """
    for _ in range(_TIMES):
        program, before = _read(program, _ASCII), program
        if program == before:
            return None if _END in _TOKEN.sub(" ", program) else program
    return None


def hidden(program: str, script: str) -> str:
    """A type of Java's own that the script names and the program declares anew, or ""."""
    words = [word for word, _ in _tokens(_read(program))]
    declared = {name for kind, name in pairwise(words) if kind in _KINDS}
    used = {word for word, _ in _tokens(_read(script))}
    return min(declared & used & _RELIED, default="")


def main_class(source: str, start: int) -> str:
    """The type of the first `main` behind `start`: the last that opens before, in no other."""
    start = len(_read(source[:start]))
    words = _tokens(_read(source))
    depth, last, inner = 0, "", ""
    for at, (word, end) in enumerate(words):
        if word in "{}":
            depth += 1 if word == "{" else -1
        elif word in _KINDS and at + 1 < len(words) and words[at + 1][0] not in "{}(":
            inner = words[at + 1][0]
            last = last if depth > 0 else inner
        following = [one for one, _ in words[at + 1 : at + 3]]
        if end > start and word == "void" and following == ["main", "("]:
            break
    return last or inner or "Program"
