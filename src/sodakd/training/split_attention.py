"""Attention of a packed row by one call a sequence, without padding."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from sodakd.training.grid_attention import GridAttention
from sodakd.training.prefix_tree import PrefixTree

GRID_LONGEST = 512
"""Sequences up to here that share nothing go in one call.

Little is gained by more calls, and a small student keeps its bytes: how calls are cut decides how
their sums are rounded.
"""


class SplitAttention:
    """A causal call for each sequence; one that branches off has the shared keys before its own."""

    def __init__(self, tree: PrefixTree, device: torch.device) -> None:
        at = [sequence for sequence, own in enumerate(tree.own) if own]
        place = {sequence: number for number, sequence in enumerate(at)}
        self.own = [tree.own[sequence] for sequence in at]
        self.shared = [
            [(place[owner], count) for owner, count in tree.shared(sequence)] for sequence in at
        ]
        self.device = device
        self._masks: dict[tuple[int, torch.dtype], Tensor] = {}

    def __call__(
        self,
        query: Float[Tensor, "1 heads tokens size"],
        key: Float[Tensor, "1 groups tokens size"],
        value: Float[Tensor, "1 groups tokens size"],
        scale: float | None,
        dropout: float,
    ) -> Float[Tensor, "1 tokens heads size"]:
        """Attention in the order of the row."""
        queries, keys, values = (each.split(self.own, dim=2) for each in (query, key, value))
        found = []
        for at, own in enumerate(queries):
            mask = self._mask(at, query.dtype)
            found.append(
                functional.scaled_dot_product_attention(
                    own,
                    self._seen(keys, at),
                    self._seen(values, at),
                    mask,
                    dropout,
                    is_causal=mask is None,
                    scale=scale,
                    enable_gqa=query.shape[1] != key.shape[1],
                ).transpose(1, 2)
            )
        return torch.cat(found, dim=1)

    def _seen(self, parts: tuple[Tensor, ...], at: int) -> Tensor:
        """Keys, or values, of a sequence: the shared ones before its own."""
        before = [parts[owner][:, :, :count] for owner, count in self.shared[at]]
        return torch.cat([*before, parts[at]], dim=2) if before else parts[at]

    def _mask(self, at: int, dtype: torch.dtype) -> Tensor | None:
        """What a branch's tokens see: all that is shared, and of their own those up to themselves.

        torch's `is_causal` would let the first of them see the first shared key alone.
        """
        before = sum(count for _, count in self.shared[at])
        if not before:
            return None
        if (at, dtype) not in self._masks:
            hidden = torch.full(
                (self.own[at], before + self.own[at]), -torch.inf, dtype=dtype, device=self.device
            )
            self._masks[at, dtype] = hidden.triu(before + 1)
        return self._masks[at, dtype]


def split_attention(tree: PrefixTree, device: torch.device) -> GridAttention | SplitAttention:
    """The attention of a row by one call a sequence, or one for short ones that share nothing."""
    if tree.branches or tree.longest > GRID_LONGEST:
        return SplitAttention(tree, device)
    return GridAttention(tree, device)
