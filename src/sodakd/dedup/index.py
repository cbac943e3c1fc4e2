"""Near-duplicates: MinHash finds candidates, ROUGE-L decides (Self-Instruct, arXiv 2212.10560).

numpy is loaded where an index is made: commands that only look start without it.
"""

import hashlib
from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from sodakd.dedup.words import question_words, rouge_l
from sodakd.types import Question

if TYPE_CHECKING:
    from sodakd.dedup.word_hashes import Hashes32

_PERMUTATIONS = 32
_SHINGLE = 3
_64_BITS = 2**64 - 1


class DedupIndex:
    """Questions seen so far: tells whether a new one is the same, or nearly.

    A hundred thousand of them take some 150 MB: words and bands are kept as hashes of 64 bits.
    """

    def __init__(self, questions: Iterable[Question], near_duplicate: float) -> None:
        from sodakd.dedup.minhash import band_shape

        self._limit = near_duplicate
        self._ids: set[str] = set()
        self._words: list[array[int]] = []
        # Two texts of ROUGE-L above the limit share fewer shingles than words: look wider.
        count, self._rows = band_shape(max(0.1, near_duplicate - 0.25), _PERMUTATIONS)
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
        for place, key in enumerate(self._keys(tokens)):
            if self._bands[place].setdefault(key, number) != number:
                self._more.setdefault((place, key), []).append(number)

    def has(self, question: Question) -> bool:
        """Whether the very same question is in the pool."""
        return question.id in self._ids

    def nearest(self, question: Question) -> float:
        """The highest ROUGE-L of the question with a candidate of the pool; 0 without one."""
        tokens = question_words(question)
        candidates = set[int]()
        for place, key in enumerate(self._keys(tokens)):
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

    def _keys(self, tokens: tuple[str, ...]) -> list[int]:
        """The hash of each band of a text's MinHash."""
        from sodakd.dedup.minhash import band_keys

        return list(map(int, band_keys(_minhash(tokens), len(self._bands), self._rows)[0]))


def _hashes(tokens: tuple[str, ...]) -> "array[int]":
    return array("Q", [hash(token) & _64_BITS for token in tokens])


@lru_cache(maxsize=4)  # a question is looked for, and taken in at once
def _minhash(tokens: tuple[str, ...]) -> "Hashes32":
    import numpy as np

    from sodakd.dedup.minhash import signatures

    shingles = {
        " ".join(tokens[start : start + _SHINGLE]).encode("utf-8", "surrogatepass")
        for start in range(max(1, len(tokens) - _SHINGLE + 1))
    }
    digests = b"".join(hashlib.sha1(one).digest()[:4] for one in shingles)
    return signatures(np.frombuffer(digests, "<u4"), np.zeros(1, np.int64), _PERMUTATIONS)
