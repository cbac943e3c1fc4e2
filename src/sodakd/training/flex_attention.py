"""Attention of a packed row in one call of FlexAttention: CUDA, any precision."""

from functools import cache
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from sodakd.errors import TrainingError
from sodakd.training.prefix_tree import PrefixTree

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 128
STEP = 8192


class FlexAttention:
    """The attention of a row of which every token sees those that it comes after in a sequence."""

    def __init__(self, tree: PrefixTree, device: torch.device) -> None:
        from torch.nn.attention.flex_attention import create_block_mask

        self.padding = _padded_length(tree.tokens) - tree.tokens
        places = torch.tensor(visit(tree, self.padding)).to(device, non_blocking=True)
        enter, leave = places[0].contiguous(), places[1].contiguous()

        def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            return (enter[key] <= enter[query]) & (enter[query] < leave[key])

        tokens = tree.tokens + self.padding
        self.mask = create_block_mask(sees, None, None, tokens, tokens, device, BLOCK)

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
            raise TrainingError("FlexAttention has no dropout")
        rows = [functional.pad(each, (0, 0, 0, self.padding)) for each in (query, key, value)]
        found: Tensor = _compiled()(
            *rows,
            block_mask=self.mask,
            scale=scale,
            enable_gqa=query.shape[1] != key.shape[1],
        )
        return found[:, :, : query.shape[2]].transpose(1, 2)


@cache
def _compiled() -> "Callable[..., Tensor]":
    from torch.nn.attention.flex_attention import flex_attention

    return cast("Callable[..., Tensor]", torch.compile(flex_attention, dynamic=False))


def _padded_length(tokens: int) -> int:
    """A row's length with its padding: a power of two, or a multiple of `STEP`.

    The kernel is compiled for each length, and torch gives up after a few. What sees nothing but
    itself costs next to nothing.
    """
    step = min(STEP, max(BLOCK, 1 << (tokens - 1).bit_length()))
    return -(-tokens // step) * step


def visit(tree: PrefixTree, padding: int = 0) -> list[list[int]]:
    """When a walk down the tree of tokens enters each token of a row, and when it has left it.

    A token sees those that the walk has entered and not yet left. Tokens of padding stand alone.
    """
    before = list(range(-1, tree.tokens - 1))
    for at, (start, end) in enumerate(zip(tree.starts, tree.starts[1:], strict=False)):
        if start < end:
            shared = tree.shared(at)
            before[start] = tree.starts[shared[-1][0]] + shared[-1][1] - 1 if shared else -1
    size = [1] * tree.tokens
    for at in reversed(range(tree.tokens)):
        if before[at] >= 0:
            size[before[at]] += size[at]
    enter: list[int] = []
    leave: list[int] = []
    free: list[int] = []  # where the next branch of each token begins
    next_root = 0
    for at in range(tree.tokens + padding):
        parent = before[at] if at < tree.tokens else -1
        here = free[parent] if parent >= 0 else next_root
        end = here + (size[at] if at < tree.tokens else 1)
        if parent >= 0:
            free[parent] = end
        else:
            next_root = end
        enter.append(here)
        leave.append(end)
        free.append(here + 1)
    return [enter, leave]
