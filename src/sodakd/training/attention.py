"""Attention for a packed row: only here are the sequences spread over a padded grid.

The padding stands to the right and attention is causal, so no token sees it and no mask is needed,
which keeps torch on its fused kernel.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

from sodakd.errors import TrainingError
from sodakd.training.packing import PadIndex, Shared

PACKED = "sodakd_packed"


class _Spread(torch.autograd.Function):
    """Rows to grid places, zeros elsewhere; the gradient goes the same way back.

    Rows that begin a second sequence stand in the grid twice, and have both gradients.
    """

    @staticmethod
    def forward(ctx, rows, place, places, token, again):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(place, token, again)
        cells = rows.new_zeros(places, rows.shape[1]).index_copy_(0, place, rows)
        return cells if token is None else cells.index_copy_(0, again, rows.index_select(0, token))

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        place, token, again = ctx.saved_tensors
        rows = grad.index_select(0, place)
        if token is not None:
            rows.index_add_(0, token, grad.index_select(0, again))
        return rows, None, None, None, None


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


def packed_attention(
    module: nn.Module,
    query: Float[Tensor, "1 heads tokens size"],
    key: Float[Tensor, "1 groups tokens size"],
    value: Float[Tensor, "1 groups tokens size"],
    attention_mask: Tensor | None,
    *,
    grid: PadIndex,
    shared: Shared | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: object,
) -> tuple[Float[Tensor, "1 tokens heads size"], None]:
    """Causal attention of each sequence of a packed row to itself alone.

    Raises TrainingError for attention that is not plain: a window shorter than a sequence, capped
    logits, or sinks. Such a model is trained on padded rows.
    """
    windowed = sliding_window is not None and sliding_window < grid.longest
    if windowed or softcap is not None or s_aux is not None:
        raise TrainingError(
            f"{type(module).__name__} limits its attention (a sliding window, capped logits or"
            " sinks), which training on packed rows cannot do"
        )
    spread = functional.scaled_dot_product_attention(
        _spread(query, grid, shared),
        _spread(key, grid, shared),
        _spread(value, grid, shared),
        dropout_p=dropout,
        is_causal=True,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    heads, size = query.shape[1], query.shape[3]
    cells = spread.transpose(1, 2).reshape(grid.sequences * grid.longest, heads * size)
    rows: Tensor = _Gather.apply(cells, grid.index)  # type: ignore[no-untyped-call]
    return rows.view(1, -1, heads, size), None


def _spread(
    states: Float[Tensor, "1 heads tokens size"], grid: PadIndex, shared: Shared | None
) -> Float[Tensor, "sequences heads longest size"]:
    heads, tokens, size = states.shape[1:]
    rows = states[0].transpose(0, 1).reshape(tokens, heads * size)
    twice = (None, None) if shared is None else (shared.token, shared.place)
    cells: Tensor = _Spread.apply(rows, grid.index, grid.sequences * grid.longest, *twice)  # type: ignore[no-untyped-call]
    return cells.view(grid.sequences, grid.longest, heads, size).transpose(1, 2)


AttentionInterface.register(PACKED, packed_attention)
