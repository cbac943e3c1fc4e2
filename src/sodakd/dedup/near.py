"""Duplicates among texts: each is left out that is like one before it which stays.

Time and memory are linear in the texts: of a bucket of a band each text is compared with the first
and the last few before it.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sodakd.dedup.corpus import SHINGLE
from sodakd.dedup.vectors import Vectors, like_earlier
from sodakd.dedup.word_hashes import Hashes32, Hashes64, Places, WordHashes, shingles
from sodakd.dedup.words import rouge_l

METHODS = EXACT, CODE, JACCARD, ROUGE, NGRAM, EMBEDDING = (
    "exact", "code", "jaccard", "rouge", "ngram", "embedding",
)  # fmt: skip
_BEFORE = 4
"""Texts of a bucket, beside its first, that a text is compared with."""
_WORDS = 1 << 18
"""Of candidates that are looked at together: their words may have to come from elsewhere."""


class HashedTexts(Protocol):
    """What is asked of the texts: a hash of each for each thing, and the words of candidates.

    `Corpus` says what each is, and has all of them here.
    """

    def __len__(self) -> int: ...
    @property
    def bands(self) -> int: ...
    def band(self, number: int) -> Hashes64: ...
    def whole(self) -> Hashes64: ...
    def lengths(self) -> Places: ...
    def words(self, numbers: Sequence[int]) -> Sequence["array[int]"]: ...
    def all_words(self) -> tuple[Hashes32, Places]: ...


@dataclass(frozen=True)
class Limits:
    """From which likeness on two texts are the same; None leaves a measure out, as False does.

    `jaccard` is that of word 3-grams, `rouge` ROUGE-L, `ngram` the share of a text's n-grams of
    `size` words that stand in one text before it, `embedding` the cosine of their vectors.
    """

    jaccard: float | None = 0.7
    rouge: float | None = None
    ngram: float | None = None
    size: int = 8
    exact: bool = True
    embedding: float | None = None

    @property
    def bands(self) -> float:
        """The Jaccard similarity from which on candidates are to be found."""
        # Two texts of ROUGE-L above the limit share fewer 3-grams than words: look wider.
        wider = 1.0 if self.rouge is None else max(0.1, self.rouge - 0.25)
        return min(wider, 1.0 if self.jaccard is None else self.jaccard, 0.9)


@dataclass(frozen=True)
class Match:
    """A text, an earlier one that it is like, by which method, and how much (0 to 1)."""

    number: int
    twin: int
    method: str
    score: float


def jaccard(one: Sequence[int], other: Sequence[int]) -> float:
    """The Jaccard similarity of the word 3-grams of two texts."""
    left, right = _runs(one), _runs(other)
    return len(left & right) / max(1, len(left | right))


def _runs(words: Sequence[int]) -> set[tuple[int, ...]]:
    places = range(max(1, len(words) - SHINGLE + 1))
    return {tuple(words[start : start + SHINGLE]) for start in places}


_MEASURES: Mapping[str, Callable[[Sequence[int], Sequence[int]], float]] = {
    JACCARD: jaccard,
    ROUGE: rouge_l,
}


def find_duplicates(
    corpus: HashedTexts,
    limits: Limits,
    programs: Hashes64 | None = None,
    vectors: Vectors | None = None,
) -> list[Match]:
    """The texts that are like an earlier one, in their order; each by the first method that holds.

    They are tried in this order: the same words, the same program (`programs` has a hash of each
    text's, or 0), likeness, of words and at last of `vectors`. What is like is like one that stays.
    """
    left = np.ones(len(corpus), bool)
    same = list(_equal(corpus.whole(), EXACT, left)) if limits.exact else []
    left[[one.number for one in same]] = False
    if programs is not None:
        again = list(_equal(programs, CODE, left))
        left[[one.number for one in again]] = False
        same += again
    alike = [*_near(corpus, limits, left)]
    if limits.ngram is not None:
        left[[one.number for one in alike]] = False
        alike += _ngrams(corpus, limits.ngram, limits.size, left)
    if limits.embedding is not None and vectors is not None:
        left[[one.number for one in alike]] = False
        left &= corpus.lengths() > 0
        near = like_earlier(vectors, limits.embedding, left)
        alike += [Match(number, twin, EMBEDDING, score) for number, twin, score in near]
    return sorted([*same, *alike], key=lambda one: one.number)


def _equal(hashes: Hashes64, method: str, left: NDArray[np.bool_]) -> Iterator[Match]:
    """Texts with the hash of an earlier one; a hash of 0 is none."""
    places = np.flatnonzero(left & (hashes != 0))
    _, first, group = np.unique(hashes[places], return_index=True, return_inverse=True)
    firsts = places[first[group]]
    for at in np.flatnonzero(firsts != places):
        yield Match(int(places[at]), int(firsts[at]), method, 1.0)


def _near(corpus: HashedTexts, limits: Limits, left: NDArray[np.bool_]) -> Iterator[Match]:
    asked = {JACCARD: limits.jaccard, ROUGE: limits.rouge}
    wanted = {name: limit for name, limit in asked.items() if limit is not None}
    if not wanted:
        return
    stands_for: dict[int, int] = {}
    lengths = corpus.lengths()
    candidates = _candidates(corpus, lengths, min(wanted.values()), left)
    for some in _by_words(candidates, lengths):
        # What stands for one of these is among them, or stands for it already.
        needed = {stands_for.get(place, place) for _, group in some for place in group}
        numbers = sorted(needed.union(number for number, _ in some))
        words = dict(zip(numbers, corpus.words(numbers), strict=True))
        for number, group in some:
            own = words[number].tolist()
            for twin in dict.fromkeys(stands_for.get(place, place) for place in group):
                other = words[twin].tolist()
                found = ((name, _MEASURES[name](own, other)) for name in wanted)
                match = next((each for each in found if each[1] >= wanted[each[0]]), None)
                if match is not None:
                    stands_for[number] = twin
                    yield Match(number, twin, *match)
                    break


def _by_words(
    candidates: Iterable[tuple[int, list[int]]], lengths: Places
) -> Iterator[list[tuple[int, list[int]]]]:
    """Candidates by so many that their words have room here."""
    some, size = [], 0
    for number, group in candidates:
        some.append((number, group))
        size += sum(map(lengths.item, (number, *group)))
        if size >= _WORDS:
            yield some
            some, size = [], 0
    yield some


def _candidates(
    corpus: HashedTexts, lengths: Places, least: float, left: NDArray[np.bool_]
) -> Iterator[tuple[int, list[int]]]:
    """Each text with earlier ones that share a band with it, in the order of the texts."""
    places = np.flatnonzero(left & (lengths > 0))
    if not len(places):
        return
    pairs = [np.zeros(0, np.uint64)]
    for number in range(corpus.bands):
        keys = corpus.band(number)[places]
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], places[order]
        begins = np.concatenate([[True], keys[1:] != keys[:-1]])
        first = rows[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
        found = [(rows, first)]
        for lag in range(1, _BEFORE + 1):
            near = keys[lag:] == keys[:-lag]
            found.append((rows[lag:][near], rows[:-lag][near]))
        for later, earlier in found:
            one, other = lengths[later], lengths[earlier]
            short, long = np.minimum(one, other) + SHINGLE, np.maximum(one, other)
            fits = (later != earlier) & (2 * short >= least * (short + long))
            packed = later[fits].astype(np.uint64) << np.uint64(32)
            pairs.append(packed | earlier[fits].astype(np.uint64))
    every = np.unique(np.concatenate(pairs))
    later = (every >> np.uint64(32)).astype(np.int64)
    earlier = (every & np.uint64(0xFFFFFFFF)).astype(np.int64)
    cuts = np.flatnonzero(np.diff(later)) + 1
    bounds = [0, *cuts.tolist(), len(later)]
    for start, end in pairwise(bounds):
        if end > start:
            yield int(later[start]), earlier[start:end].tolist()


def _ngrams(
    corpus: HashedTexts, limit: float, size: int, left: NDArray[np.bool_]
) -> Iterator[Match]:
    """Texts whose n-grams stand, for a share of `limit` or more, first in one other text."""
    words, starts = corpus.all_words()
    grams = shingles(WordHashes(words.astype(np.uint64), starts), size)
    counts = np.diff(grams.starts)
    owner = np.repeat(np.arange(len(counts)), counts)
    kept = left[owner]
    owner, hashes = owner[kept], grams.words[kept]
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    firsts: Places = owner[first[group]]
    other = firsts != owner
    packed = owner[other].astype(np.uint64) << np.uint64(32) | firsts[other].astype(np.uint64)
    pairs, shared = np.unique(packed, return_counts=True)
    taken: set[int] = set()
    for pair, count in zip(pairs.tolist(), shared.tolist(), strict=True):
        number, twin = pair >> 32, pair & 0xFFFFFFFF
        share = count / int(counts[number])
        if share >= limit and twin not in taken and number not in taken:
            taken.add(number)
            yield Match(number, twin, NGRAM, share)
