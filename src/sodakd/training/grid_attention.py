"""Attention of sequences that share nothing, in one call over a padded grid.

The padding stands to the right and attention is causal, so no token sees it and no mask is needed,
which keeps torch on its fused kernel.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from sodakd.training.prefix_tree import PrefixTree


class _Spread(torch.autograd.Function):
    """Rows to grid places, zeros elsewhere; the gradient goes the same way back."""

    @staticmethod
    def forward(ctx, rows, place, places):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(place)
        return rows.new_zeros(places, rows.shape[1]).index_copy_(0, place, rows)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        (place,) = ctx.saved_tensors
        return grad.index_select(0, place), None, None


class _Gather(torch.autograd.Function):
    """Grid places to rows; the gradient of all other places is zero."""

    @staticmethod
    def forward(ctx, cells, place):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(place)
        ctx.places = cells.shape[0]
        return cells.index_select(0, place)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        (place,) = ctx.saved_tensors
        return grad.new_zeros(ctx.places, grad.shape[1]).index_copy_(0, place, grad), None


class GridAttention:
    """The attention of a row in which no sequence begins as another does."""

    def __init__(self, tree: PrefixTree, device: torch.device) -> None:
        self.sequences, self.longest = len(tree), tree.longest
        places = [
            torch.arange(at * self.longest, at * self.longest + own)
            for at, own in enumerate(tree.own)
        ]
        self.place = torch.cat(places).to(device, non_blocking=True)

    def __call__(
        self,
        query: Float[Tensor, "1 heads tokens size"],
        key: Float[Tensor, "1 groups tokens size"],
        value: Float[Tensor, "1 groups tokens size"],
        scale: float | None,
        dropout: float,
    ) -> Float[Tensor, "1 tokens heads size"]:
        """Attention in the order of the row."""
        spread = functional.scaled_dot_product_attention(
            self._spread(query),
            self._spread(key),
            self._spread(value),
            dropout_p=dropout,
            is_causal=True,
            scale=scale,
            enable_gqa=query.shape[1] != key.shape[1],
        )
        heads, size = query.shape[1], query.shape[3]
        cells = spread.transpose(1, 2).reshape(self.sequences * self.longest, heads * size)
        rows: Tensor = _Gather.apply(cells, self.place)  # type: ignore[no-untyped-call]
        return rows.view(1, -1, heads, size)

    def _spread(
        self, states: Float[Tensor, "1 heads tokens size"]
    ) -> Float[Tensor, "sequences heads longest size"]:
        heads, tokens, size = states.shape[1:]
        rows = states[0].transpose(0, 1).reshape(tokens, heads * size)
        cells: Tensor = _Spread.apply(rows, self.place, self.sequences * self.longest)  # type: ignore[no-untyped-call]
        return cells.view(self.sequences, self.longest, heads, size).transpose(1, 2)
