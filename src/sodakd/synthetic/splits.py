"""Which programs are kept from training: a skeleton belongs to one split, by its hash.

Level 1 cannot be held out this way: its programs are single operations, and a student that never
saw an operation cannot be asked for it. At level 1 every split draws from all programs, so results
show level 1 apart.
"""

import hashlib
from enum import StrEnum
from functools import lru_cache

from sodakd.synthetic.program import Program, level, skeleton

HELD_OUT_LEVELS = (2, 3, 4, 5)


class Split(StrEnum):
    """What a question is for."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


def split_of(program: Program) -> Split:
    """20 % of the skeletons are for test, 5 % for dev, 75 % for training."""
    return _split_of_skeleton(skeleton(program))


def may_be_in(program: Program, split: Split) -> bool:
    """Return whether a program may be drawn for `split`: any may, of levels not held out."""
    return split_of(program) is split or level(program) < HELD_OUT_LEVELS[0]


@lru_cache(maxsize=65536)
def _split_of_skeleton(bones: str) -> Split:
    share = int.from_bytes(hashlib.sha1(bones.encode(), usedforsecurity=False).digest()[:8]) / 2**64
    if share < 0.20:
        return Split.TEST
    return Split.DEV if share < 0.25 else Split.TRAIN
