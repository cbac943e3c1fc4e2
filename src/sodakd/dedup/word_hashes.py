"""Words of many texts as hashes, by numpy over all bytes at once: no Python loop over words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sodakd.dedup.words import folded

Hashes32 = NDArray[np.uint32]
Hashes64 = NDArray[np.uint64]
Places = NDArray[np.int64]

_SPACE, _MARK, _WORD = 0, 1, 2
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)


def _alone() -> NDArray[np.uint8]:
    """The length in bytes of a character that is a word of its own, by its first byte; else 0.

    These are marks beyond ASCII (U+0080 to U+00BF, U+2000 to U+2FFF), and from U+3000 on letters of
    scripts without blanks.
    """
    found = np.zeros(256, np.uint8)
    found[0xC2], found[0xE2:0xF0], found[0xF0:] = 2, 3, 4
    return found


@dataclass(frozen=True)
class WordHashes:
    """The words of texts, one text behind another; `starts` has one place more than texts."""

    words: Hashes64
    starts: Places

    def __len__(self) -> int:
        return len(self.starts) - 1


def _classes() -> NDArray[np.uint8]:
    """What each byte of UTF-8 belongs to: a word, a blank, or a mark that is a word of its own."""
    found = np.full(256, _WORD, np.uint8)
    for code in range(128):
        letter = chr(code)
        if letter.isspace() or code < 32:
            found[code] = _SPACE
        elif not (letter.isalnum() or letter == "_"):
            found[code] = _MARK
    return found


_CLASS, _ALONE = _classes(), _alone()


@lru_cache(maxsize=4)
def _powers(base: int, size: int) -> Hashes64:
    """The powers of a number modulo 2**64, from 0 on."""
    with np.errstate(over="ignore"):
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        return np.cumprod(factors, dtype=np.uint64)


def mixed(values: Hashes64) -> Hashes64:
    """Hashes whose bits all depend on all bits of the values (MurmurHash3's finalizer)."""
    values = (values ^ (values >> _SHIFT)) * _MIX
    return values ^ (values >> _SHIFT)


def hash_words(texts: Sequence[str]) -> WordHashes:
    """The folded words and marks of texts; equal words have equal hashes in every process."""
    parts = [folded(text).encode("utf-8", "replace") for text in texts]
    # A blank behind each text: no word reaches into the next one.
    data = np.frombuffer(b"\n".join([*parts, b""]), np.uint8)
    ends = np.cumsum(np.fromiter((len(part) + 1 for part in parts), np.int64, len(parts)))
    if not len(data):
        return WordHashes(np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64))
    kind = _CLASS[data]
    inside = kind == _WORD
    alone = _ALONE[data]
    begins = kind != _SPACE
    begins[1:] &= ~(inside[1:] & inside[:-1])
    places = np.flatnonzero(alone)
    begins[places] = True
    # What follows a character that stands alone begins a word as well.
    after = places + alone[places]
    begins[after[inside[after]]] = True
    starts = np.flatnonzero(begins)
    breaks = begins | (kind == _SPACE)
    ended = np.flatnonzero(breaks)
    stops = ended[np.searchsorted(ended, starts, side="right")]
    size = 1 << max(12, int(len(data) + 1).bit_length())
    with np.errstate(over="ignore"):
        total = np.zeros(len(data) + 1, np.uint64)
        np.cumsum((data + np.uint64(1)) * _powers(_BASE, size)[: len(data)], out=total[1:])
        words = (total[stops] - total[starts]) * _powers(_INVERSE, size)[starts]
        words = mixed(words)
    return WordHashes(words, np.concatenate([[0], np.searchsorted(starts, ends)]))


def shingles(found: WordHashes, size: int) -> WordHashes:
    """The hashes of each text's runs of `size` words; of a shorter text, that of all its words."""
    words, starts = found.words, found.starts
    counts = np.diff(starts)
    last = np.repeat(starts[1:], counts)
    place = np.arange(len(words))
    own = np.zeros(len(words), np.uint64)
    with np.errstate(over="ignore"):
        for step in range(size):
            own = mixed(own * np.uint64(_BASE))
            there = place + step < last
            own[there] += words[place[there] + step]
        own = mixed(own)
    kept = (place + size <= last) | (place == np.repeat(starts[:-1], counts))
    sizes = np.where(counts == 0, 0, np.maximum(1, counts - size + 1))
    return WordHashes(own[kept], np.concatenate([[0], np.cumsum(sizes)]))
