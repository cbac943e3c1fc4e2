"""Attention of a packed row in one call of torch's variable-length kernel: CUDA, half precision."""

import inspect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn as torch_varlen_attn

from sodakd.errors import TrainingError
from sodakd.training.prefix_tree import PrefixTree

_TAKES = inspect.signature(torch_varlen_attn).parameters
_OPTIONS = {
    name: value
    for name, value in {"window_size": (-1, 0), "is_causal": True, "enable_gqa": True}.items()
    if name in _TAKES
}
"""Causal attention of grouped heads. Before `window_size` torch had a flag for what is causal."""
varlen_attn = cast("Callable[..., Tensor]", torch_varlen_attn)


class VarlenAttention:
    """The attention of a row: queries as they stand, keys gathered for each sequence.

    A sequence's last query sees its last key: the kernel aligns causal attention at that end.
    """

    def __init__(self, tree: PrefixTree, device: torch.device) -> None:
        at = [sequence for sequence, own in enumerate(tree.own) if own]
        own, lengths = [tree.own[each] for each in at], [tree.lengths[each] for each in at]
        self.longest_own, self.longest = max(own), max(lengths)
        self.queries, self.keys = _bounds(own, device), _bounds(lengths, device)
        self.seen: Tensor | None = None
        if tree.branches:
            places = torch.cat([tree.places(each) for each in at])
            self.seen = places.to(device, non_blocking=True)

    def __call__(
        self,
        query: Float[Tensor, "1 heads tokens size"],
        key: Float[Tensor, "1 groups tokens size"],
        value: Float[Tensor, "1 groups tokens size"],
        scale: float | None,
        dropout: float,
    ) -> Float[Tensor, "1 tokens heads size"]:
        """Attention in the order of the row."""
        if dropout:
            raise TrainingError("torch's variable-length attention has no dropout")
        found = varlen_attn(
            query[0].transpose(0, 1),
            self._seen(key),
            self._seen(value),
            self.queries,
            self.keys,
            self.longest_own,
            self.longest,
            scale=scale,
            **_OPTIONS,
        )
        return found[None]

    def _seen(self, states: Float[Tensor, "1 groups tokens size"]) -> Tensor:
        rows = states[0].transpose(0, 1)
        return rows if self.seen is None else rows.index_select(0, self.seen)


def _bounds(lengths: Sequence[int], device: torch.device) -> Tensor:
    bounds = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32)
    return bounds.to(device, non_blocking=True)
