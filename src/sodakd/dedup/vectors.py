"""Near vectors: each is held against all before it, so time grows with their number's square."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_TABLE = 1 << 24
"""Cosines at a time."""


def like_earlier(
    vectors: Vectors, limit: float, left: NDArray[np.bool_]
) -> Iterator[tuple[int, int, float]]:
    """Each row with a cosine of `limit` or more to an earlier one that stays, the nearest, and it.

    The rows have length 1; those not `left` are held against nothing.
    """
    stays = left.copy()
    rows = max(1, _TABLE // max(1, len(vectors)))
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows]
        cosines = block @ vectors[: start + len(block)].T
        for number, own in enumerate(cosines, start=start):
            near = np.where(stays[:number], own[:number], -1.0)
            if not left[number] or not len(near):
                continue
            twin = int(near.argmax())
            if near[twin] >= limit:
                stays[number] = False
                yield number, twin, float(min(near[twin], 1.0))
