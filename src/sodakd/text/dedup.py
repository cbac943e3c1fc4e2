"""Near-duplicates: MinHash finds candidates, ROUGE-L decides (Self-Instruct, arXiv 2212.10560).

datasketch is loaded where a pool is made: it takes scipy with it, half of the time in which
`sodakd plan` starts.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from sodakd.text.lexer import Kind, lexed
from sodakd.types import Question

if TYPE_CHECKING:
    from datasketch import MinHash

_WORD = re.compile(r"\w+|[^\w\s]")
_PERMUTATIONS = 32
_SHINGLE = 3


def words(text: str) -> tuple[str, ...]:
    """The lower-case words and marks of a text."""
    return tuple(_WORD.findall(text.lower()))


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


def rouge_l(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """ROUGE-L F of two word sequences: 0 to 1."""
    if not one or not other:
        return 0.0
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))


class DedupIndex:
    """Questions seen so far: tells whether a new one is the same, or nearly."""

    def __init__(self, questions: Iterable[Question], near_duplicate: float) -> None:
        from datasketch import MinHashLSH

        self._limit = near_duplicate
        self._ids: set[str] = set()
        self._words: dict[str, tuple[str, ...]] = {}
        # Two texts of ROUGE-L above the limit share fewer shingles than words: look wider.
        params = _bands(max(0.1, near_duplicate - 0.25))
        self._index = MinHashLSH(num_perm=_PERMUTATIONS, params=params)
        for question in questions:
            self.add(question)

    def add(self, question: Question) -> None:
        """Take a question in."""
        if question.id not in self._ids:
            self._ids.add(question.id)
            tokens = question_words(question)
            self._words[question.id] = tokens
            self._index.insert(question.id, _minhash(tokens), check_duplication=False)

    def has(self, question: Question) -> bool:
        """Whether the very same question is in the pool."""
        return question.id in self._ids

    def nearest(self, question: Question) -> float:
        """The highest ROUGE-L of the question with a candidate of the pool; 0 without one."""
        tokens = question_words(question)
        candidates = self._index.query(_minhash(tokens))
        return max((rouge_l(tokens, self._words[key]) for key in candidates), default=0.0)

    def rejection_reason(self, question: Question) -> str | None:
        """The reason to refuse a question, or None."""
        if self.has(question):
            return "exact_duplicate"
        if self._limit < 1 and self.nearest(question) > self._limit:
            return "near_duplicate"
        return None


@cache
def _bands(threshold: float) -> tuple[int, int]:
    """The bands of an index and their rows: datasketch integrates for them, anew for each index."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    return index.b, index.r


def _minhash(tokens: tuple[str, ...]) -> "MinHash":
    from datasketch import MinHash

    shingles = {
        " ".join(tokens[start : start + _SHINGLE]).encode()
        for start in range(max(1, len(tokens) - _SHINGLE + 1))
    }
    found = MinHash(num_perm=_PERMUTATIONS, seed=1)
    found.update_batch(sorted(shingles))
    return found
