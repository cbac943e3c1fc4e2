"""The words of a question that are compared, and ROUGE-L of two texts."""

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

from sodakd.text.lexer import Kind, lexed
from sodakd.types import Question

_WORD = re.compile(r"\w+|[^\w\s]")
_PIECE = re.compile(r".{1,500}(?=\s|\Z)|.{1,500}", re.DOTALL)
"""What is normalized at a time: a run of accents takes time that grows with its square."""


def folded(text: str) -> str:
    """A text in lower case, and in one form of Unicode (NFKC): 'é' is one character or two."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFKC", one) for one in _PIECE.findall(text)).lower()


def words(text: str) -> tuple[str, ...]:
    """The folded words and marks of a text."""
    return tuple(_WORD.findall(folded(text)))


def question_words(question: Question) -> tuple[str, ...]:
    """The words that tell a question from others.

    Of one that shows the beginning of a program: its function's name, and its comments and texts;
    the imports above it, and what it is asked with, are those of a hundred others.
    """
    prompt = question.code_prompt
    said = prose(question, Kind.COMMENT, Kind.STRING)
    return words(f"{prompt.entry_point} {said}" if prompt else said)


def prose(question: Question, *kinds: Kind) -> str:
    """What a question says: its text, or what is of some kinds in the beginning of a program."""
    prompt = question.code_prompt
    if prompt is None:
        return question.text
    return "\n".join(
        prompt.code[token.start : token.end]
        for token in lexed(prompt.code, question.language).tokens
        if token.kind in kinds
    )


def rouge_l(one: Sequence[str] | Sequence[int], other: Sequence[str] | Sequence[int]) -> float:
    """ROUGE-L F of two word sequences: 0 to 1."""
    if not one or not other:
        return 0.0
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))
