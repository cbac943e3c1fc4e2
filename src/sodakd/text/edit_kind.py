"""The kind of fault that an edit of a program is, told from the tokens that it takes and brings."""

import re
from collections import Counter

from sodakd.text.lexer import Kind, lexed
from sodakd.text.same_program import plain_python
from sodakd.text.truncation import parsed
from sodakd.types import FaultKind, Language

_TOKEN = re.compile(r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|[\w$]++|\S")
_CALLED = re.compile(r"[\w$]++(?=\s*+\()")
_OPERATORS = frozenset({*"=<>!+-*/%&|^~?", "and", "or", "not", "in", "is"})
_CONSTANTS = frozenset({"true", "false", "null", "nil", "nullptr", "None", "True", "False"})
_MARKS = frozenset("()[]{}.,:;")
_SLIP = 2
"""Tokens, at most, by which a program that no longer parses differs: else it was no edit."""


def edit_kind(correct: str, faulty: str, language: Language) -> FaultKind | None:
    """Return the kind of fault that a faulty program has, by what was changed in the correct one.

    None where it is no edit: less than half of the program is left, or it no longer parses, and not
    for a token or two. Of an edit of several kinds, a call counts before a name, and a name before
    numbers and signs.
    """
    is_broken = _is_broken(faulty, language)
    if language is Language.PYTHON and not is_broken:
        correct, faulty = plain_python(correct), plain_python(faulty)
    before, after = _tokens(correct, language), _tokens(faulty, language)
    taken, brought = before - after, after - before
    changed = taken.keys() | brought.keys()
    if 2 * taken.total() > before.total():
        return None
    if is_broken or (changed and changed <= _MARKS):
        return FaultKind.SYNTAX if (taken + brought).total() <= _SLIP else None
    words = changed - _MARKS
    if "return" in taken and (taken.total() == 1 or "return" not in after):
        return FaultKind.NO_RETURN
    if not changed:
        return FaultKind.SWAP
    if words <= _OPERATORS:
        return FaultKind.OPERATOR
    if all(word in _OPERATORS or _is_constant(word) for word in words):
        return FaultKind.CONSTANT
    if not brought.keys() - _MARKS:
        return FaultKind.DROP
    called = {*_CALLED.findall(correct), *_CALLED.findall(faulty)}
    return FaultKind.OPERATION if words & called else FaultKind.NAME


def _is_constant(word: str) -> bool:
    return word in _CONSTANTS or word[0] in "\"'`" or word.lstrip(".")[:1].isdigit()


def _is_broken(code: str, language: Language) -> bool:
    """Whether a program does not parse; where there is no parser, whether a bracket is alone."""
    if language is Language.PYTHON:
        return parsed(code) is None
    read = lexed(code, language)
    return bool(read.early) or any(one.kind is Kind.STRAY for one in read.tokens)


def _tokens(code: str, language: Language) -> Counter[str]:
    """How often each token of a program is there; its comments are left out."""
    found = Counter[str]()
    for one in lexed(code, language).tokens:
        piece = code[one.start : one.end]
        if one.kind is Kind.STRING:
            found[piece] += 1
        elif one.kind is not Kind.COMMENT:
            found.update(_TOKEN.findall(piece))
    return found
