"""Names that tests use and nobody defines: their failure says nothing about the program.

A program has kept its side where it defines the entry point. Another name, which it never mentions,
is the tests' own to define; but a type, which begins with a capital, may well be the program's.
Nothing but the standard library is imported here.
"""

import re

_WORD = re.compile(r"[^\W\d]\w*+")


def is_of_tests(name: str, code: str, entry_point: str) -> bool:
    """Whether tests that use a name have to define it, not their program."""
    own, asked = set(_WORD.findall(code)), _WORD.findall(entry_point)
    kept = bool(asked) and asked[-1] in own
    return kept and not name[0].isupper() and name not in own.union(asked)
