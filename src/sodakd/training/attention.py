"""Attention for a packed row, and the ways to compute it."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface

from sodakd.errors import TrainingError
from sodakd.training.prefix_tree import PrefixTree
from sodakd.training.split_attention import split_attention
from sodakd.training.varlen_attention import VarlenAttention

PACKED = "sodakd_packed"


RowAttention = Callable[[Tensor, Tensor, Tensor, float | None, float], Tensor]
"""Attention of the row that it was laid out for, each sequence to its own tokens and those it
shares: of queries, keys and values (heads before tokens), a scale and a dropout, in tokens before
heads."""

ATTENTIONS: Mapping[str, Callable[[PrefixTree, torch.device], RowAttention]] = {
    "varlen": VarlenAttention,
    "split": split_attention,
}
"""What lays out a row's attention, by name: once a batch, for all layers.

FlexAttention is not among them: on an H200 its kernel took 30 s to compile in bfloat16, more than
60 in float32, and `varlen` needs none.
"""


def attentions_for(device: torch.device, dropout: bool) -> tuple[str, ...]:
    """The names of what may be tried on a device, the fastest first.

    `dropout`: attention is to drop some of what it reads, which only torch's own can.
    """
    return tuple(ATTENTIONS) if device.type == "cuda" and not dropout else ("split",)


def packed_attention(
    module: nn.Module,
    query: Float[Tensor, "1 heads tokens size"],
    key: Float[Tensor, "1 groups tokens size"],
    value: Float[Tensor, "1 groups tokens size"],
    attention_mask: Tensor | None,
    *,
    row_attention: RowAttention,
    longest: int,
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
    windowed = sliding_window is not None and sliding_window < longest
    if windowed or softcap is not None or s_aux is not None:
        raise TrainingError(
            f"{type(module).__name__} limits its attention (a sliding window, capped logits or"
            " sinks), which training on packed rows cannot do"
        )
    return row_attention(query, key, value, scaling, dropout), None


AttentionInterface.register(PACKED, packed_attention)
