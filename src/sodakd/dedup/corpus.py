"""Many texts, held as hashes: 4 bytes a word and 8 a band, in batches of texts as they come."""

from array import array
from collections.abc import Sequence

import numpy as np

from sodakd.dedup.minhash import band_keys, band_shape, signatures
from sodakd.dedup.word_hashes import (
    Hashes32,
    Hashes64,
    Places,
    WordHashes,
    hash_words,
    mixed,
    shingles,
)

SHINGLE = 3
_PERMUTATIONS = 64
BATCH = 1024
"""Texts that are best taken in at a time."""
_LETTERS = 1 << 20
"""Of texts whose words are hashed at a time: what that takes is some forty times as much."""
_MISSES = 0.9
"""What is found in vain costs a comparison, what is missed stays: misses weigh nine times more."""


class Corpus:
    """Texts of which near ones can be found: the hashes of their words, and of their bands.

    Bands find texts whose word 3-grams have a Jaccard similarity of `threshold` or more.
    """

    def __init__(self, threshold: float) -> None:
        self._shape = band_shape(threshold, _PERMUTATIONS, _MISSES)
        self._words = array("I")
        self._ends = array("Q", [0])
        self._whole = array("Q")
        self._keys = [np.zeros((0, self._shape[0]), np.uint64)]

    def __len__(self) -> int:
        return len(self._whole)

    def add(self, texts: Sequence[str]) -> None:
        """Take texts in. One without words is like none."""
        start = letters = 0
        for number, text in enumerate(texts):
            if letters and letters + len(text) > _LETTERS:
                self._take(hash_words(texts[start:number]))
                start, letters = number, 0
            letters += len(text)
        self._take(hash_words(texts[start:]))

    def _take(self, found: WordHashes) -> None:
        filled = np.flatnonzero(np.diff(found.starts))
        keys = np.zeros((len(found), self._shape[0]), np.uint64)
        whole = np.zeros(len(found), np.uint64)
        if len(filled):
            runs = shingles(found, SHINGLE)
            folded = (runs.words >> np.uint64(32)).astype(np.uint32)
            minima = signatures(folded, runs.starts[filled], _PERMUTATIONS)
            keys[filled] = band_keys(minima, *self._shape)
            whole[filled] = text_hashes(found)[filled]
        self._keys.append(keys)
        self._whole.frombytes(whole.tobytes())
        self._words.frombytes((found.words >> np.uint64(32)).astype(np.uint32).tobytes())
        ends = found.starts[1:].astype(np.uint64) + np.uint64(self._ends[-1])
        self._ends.frombytes(ends.tobytes())

    @property
    def bands(self) -> int:
        return self._shape[0]

    def band(self, number: int) -> Hashes64:
        """The keys of all texts in a band; 0 of those without words."""
        return np.concatenate([keys[:, number] for keys in self._keys])

    def whole(self) -> Hashes64:
        """A hash of each text, equal for those of equal words; 0 of those without."""
        return np.frombuffer(self._whole, np.uint64)

    def lengths(self) -> Places:
        """The words of each text."""
        ends = self.all_words()[1]
        return ends[1:] - ends[:-1]

    def words(self, numbers: Sequence[int]) -> Sequence["array[int]"]:
        """The hashes of the words of some texts."""
        return [self._words[self._ends[one] : self._ends[one + 1]] for one in numbers]

    def all_words(self) -> tuple[Hashes32, Places]:
        """The hashes of all words, and where each text begins."""
        ends = np.frombuffer(self._ends, np.uint64).astype(np.int64)
        return np.frombuffer(self._words, np.uint32), ends


def text_hashes(found: WordHashes) -> Hashes64:
    """A hash of each text: of its words in their order."""
    counts = np.diff(found.starts)
    place = np.arange(len(found.words)) - np.repeat(found.starts[:-1], counts)
    with np.errstate(over="ignore"):
        each = mixed(found.words + mixed(place.astype(np.uint64) + np.uint64(1)))
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(each, dtype=np.uint64)])
        return mixed(total[found.starts[1:]] - total[found.starts[:-1]] + counts.astype(np.uint64))
