"""Near-duplicates: MinHash finds candidates, ROUGE-L decides (Self-Instruct, arXiv 2212.10560).

datasketch is loaded where a pool is made: it takes scipy with it, half of the time in which
`sodakd plan` starts.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from sodakd.text.lexer import Kind, lexed
from sodakd.types import Question

if TYPE_CHECKING:
    from datasketch import MinHash

_WORD = re.compile(r"\w+|[^\w\s]")
_PERMUTATIONS = 32
_SHINGLE = 3
_64_BITS = 2**64 - 1


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


def rouge_l(one: Sequence[str] | Sequence[int], other: Sequence[str] | Sequence[int]) -> float:
    """ROUGE-L F of two word sequences: 0 to 1."""
    if not one or not other:
        return 0.0
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))


class DedupIndex:
    """Questions seen so far: tells whether a new one is the same, or nearly.

    A hundred thousand of them take some 150 MB: words and bands are kept as hashes of 64 bits.
    """

    def __init__(self, questions: Iterable[Question], near_duplicate: float) -> None:
        self._limit = near_duplicate
        self._ids: set[str] = set()
        self._words: list[array[int]] = []
        # Two texts of ROUGE-L above the limit share fewer shingles than words: look wider.
        self._rows, count = _bands(max(0.1, near_duplicate - 0.25))
        self._bands: list[dict[int, int]] = [{} for _ in range(count)]
        self._more: dict[tuple[int, int], list[int]] = {}
        for question in questions:
            self.add(question)

    def add(self, question: Question) -> None:
        """Take a question in."""
        if question.id in self._ids:
            return
        self._ids.add(question.id)
        tokens, number = question_words(question), len(self._words)
        self._words.append(_hashes(tokens))
        for place, key in self._keys(tokens):
            if self._bands[place].setdefault(key, number) != number:
                self._more.setdefault((place, key), []).append(number)

    def has(self, question: Question) -> bool:
        """Whether the very same question is in the pool."""
        return question.id in self._ids

    def nearest(self, question: Question) -> float:
        """The highest ROUGE-L of the question with a candidate of the pool; 0 without one."""
        tokens = question_words(question)
        candidates = set[int]()
        for place, key in self._keys(tokens):
            if (first := self._bands[place].get(key)) is not None:
                candidates |= {first, *self._more.get((place, key), ())}
        own = _hashes(tokens)
        return max((rouge_l(own, self._words[number]) for number in candidates), default=0.0)

    def rejection_reason(self, question: Question) -> str | None:
        """The reason to refuse a question, or None."""
        if self.has(question):
            return "exact_duplicate"
        if self._limit < 1 and self.nearest(question) > self._limit:
            return "near_duplicate"
        return None

    def _keys(self, tokens: tuple[str, ...]) -> Iterator[tuple[int, int]]:
        """The bands of a text's MinHash, each with its hash."""
        values = _minhash(tokens).hashvalues
        for place in range(len(self._bands)):
            start = place * self._rows
            yield place, hash(values[start : start + self._rows].tobytes())


@cache
def _bands(threshold: float) -> tuple[int, int]:
    """The rows of a band, and how many bands find texts that are more alike than this."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    return index.r, index.b


def _hashes(tokens: tuple[str, ...]) -> "array[int]":
    return array("Q", [hash(token) & _64_BITS for token in tokens])


@lru_cache(maxsize=4)  # a question is looked for, and taken in at once
def _minhash(tokens: tuple[str, ...]) -> "MinHash":
    from datasketch import MinHash

    shingles = {
        " ".join(tokens[start : start + _SHINGLE]).encode()
        for start in range(max(1, len(tokens) - _SHINGLE + 1))
    }
    found = MinHash(num_perm=_PERMUTATIONS, seed=1)
    found.update_batch(sorted(shingles))
    return found
