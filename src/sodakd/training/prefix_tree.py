"""The sequences of a packed row, of which some begin as an earlier one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class PrefixTree:
    """Where the sequences of a packed row stand.

    Sequence i has the row's tokens from `starts[i]` to `starts[i + 1]` of its own, and before them
    the first `begins[i]` tokens of the earlier sequence `of[i]`, which may itself begin as another.
    """

    starts: tuple[int, ...]
    begins: tuple[int, ...]
    of: tuple[int, ...]

    @classmethod
    def build(cls, own: Sequence[int], begins: Sequence[int], of: Sequence[int]) -> "PrefixTree":
        """The tree of sequences with so many tokens of their own."""
        return cls((0, *accumulate(own)), tuple(begins), tuple(of))

    def __len__(self) -> int:
        return len(self.of)

    @property
    def tokens(self) -> int:
        """Tokens of the row."""
        return self.starts[-1]

    @property
    def own(self) -> list[int]:
        """How many tokens of its own each sequence has: none, where it only begins another."""
        return [end - start for start, end in pairwise(self.starts)]

    @property
    def lengths(self) -> list[int]:
        """How many tokens each sequence has, shared ones among them."""
        return [begins + own for begins, own in zip(self.begins, self.own, strict=True)]

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence."""
        return max(self.lengths)

    @property
    def branches(self) -> bool:
        """Whether any sequence begins as another does."""
        return any(self.begins)

    def shared(self, sequence: int) -> list[tuple[int, int]]:
        """What a sequence begins with: the sequences that own it, and how much of each it is."""
        wanted, parent = self.begins[sequence], self.of[sequence]
        if wanted == 0:
            return []
        found = self.shared(parent)
        if wanted > self.begins[parent]:
            return [*found, (parent, wanted - self.begins[parent])]
        kept = []
        for owner, count in found:
            if wanted > 0:
                kept.append((owner, min(count, wanted)))
            wanted -= count
        return kept

    def places(self, sequence: int) -> Tensor:
        """The places in the row of all of a sequence's tokens, in their order."""
        stretches = [
            torch.arange(self.starts[owner], self.starts[owner] + count)
            for owner, count in self.shared(sequence)
        ]
        own = torch.arange(self.starts[sequence], self.starts[sequence + 1])
        return torch.cat([*stretches, own])
