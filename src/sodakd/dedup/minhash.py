"""MinHash signatures and their bands (Broder 1997; banding as in Leskovec et al., chapter 3).

The values are those of datasketch 2 (`affine32`): what a run refuses is no matter of a library's
version.
"""

from functools import cache

import numpy as np

from sodakd.dedup.word_hashes import Hashes32, Hashes64, Places, mixed

_SEED = 1
_STEP = np.uint64(0x9E3779B97F4A7C15)


@cache
def _permutations(count: int) -> tuple[Hashes32, Hashes32]:
    """Factors, which are odd, and summands of permutations of the numbers of 32 bits."""
    draw = np.random.RandomState(_SEED)
    factors = draw.randint(0, 1 << 31, count, np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, draw.randint(0, 1 << 32, count, np.uint32)


def _finalized(values: Hashes32) -> Hashes32:
    """MurmurHash3's finalizer of 32 bits."""
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    values = (values ^ (values >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))


def signatures(hashes: Hashes32, starts: Places, count: int) -> Hashes32:
    """The MinHash signatures of sets of hashes, which stand one behind another: a row for each.

    `starts` says where each set begins; none is empty.
    """
    factors, summands = _permutations(count)
    base = _finalized(hashes)
    found = np.empty((count, len(starts)), np.uint32)
    value = np.empty_like(base)
    for number in range(count):
        np.multiply(base, factors[number], out=value)
        np.add(value, summands[number], out=value)
        np.minimum.reduceat(value, starts, out=found[number])
    return found.T


def band_keys(found: Hashes32, bands: int, rows: int) -> Hashes64:
    """The keys of the bands of signatures: a row for each signature, a column for each band."""
    keys = np.zeros((len(found), bands), np.uint64)
    with np.errstate(over="ignore"):
        for row in range(rows):
            keys = mixed(keys * _STEP + found[:, row : bands * rows : rows] + np.uint64(1))
    return keys


@cache
def band_shape(threshold: float, count: int, misses: float = 0.5) -> tuple[int, int]:
    """Bands, and rows of a band, that tell sets above a Jaccard similarity best from others.

    `misses` is the weight of sets that are not found against those that are found in vain.
    """
    below, above = np.linspace(0, threshold, 2001), np.linspace(threshold, 1, 2001)
    best, least = (1, 1), np.inf
    for bands in range(1, count + 1):
        for rows in range(1, count // bands + 1):
            vain = float(np.trapezoid(1 - (1 - below**rows) ** bands, below))
            missed = float(np.trapezoid((1 - above**rows) ** bands, above))
            error = vain * (1 - misses) + missed * misses
            if error < least:
                best, least = (bands, rows), error
    return best
