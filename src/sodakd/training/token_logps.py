"""Log-probabilities of tokens from a decoder's states, by parts of a table that is never whole.

A table of a token's logits for every word of a vocabulary of 151,936 takes 0.6 MB a token in
float32, and its logarithms, gradients and roundings as much again, each. Here a part of the table
lives at a time: forward it leaves each token's normaliser, backward it is computed once more.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

PART_BYTES = 128 << 20
"""A part of the table in float32. A table that fits is kept whole, and not computed twice."""
CUDA_PARTS = 4
"""Times as large is a part on a GPU, which has no use for small products."""


def goes_by_parts(tokens: int, vocab: int) -> bool:
    """Whether a table of so many tokens is computed by parts."""
    return 4 * tokens * vocab > PART_BYTES


def logps_of_table(
    logits: Float[Tensor, "predictions vocab"],
    row: Int[Tensor, " tokens"],
    token: Int[Tensor, " tokens"],
) -> Float[Tensor, " tokens"]:
    """The log-probability of each token in its row of the logits."""
    return logits.float().log_softmax(-1)[row, token]


def logps_of_states(
    states: Float[Tensor, "predictions width"],
    head: Float[Tensor, "vocab width"],
    row: Int[Tensor, " tokens"],
    token: Int[Tensor, " tokens"],
) -> Float[Tensor, " tokens"]:
    """The same from the states that the logits are computed from, as `states @ head.T`."""
    size = PART_BYTES * (CUDA_PARTS if states.is_cuda else 1)
    parts = _parts(row, len(states), max(1, size // (4 * head.shape[0])))
    found: Tensor = _Logps.apply(states, head, row, token, parts)  # type: ignore[no-untyped-call]
    return found


def _parts(
    row: Int[Tensor, " tokens"], predictions: int, rows: int
) -> list[tuple[slice, Int[Tensor, " asked"]]]:
    """Parts of so many rows, each with the places in `row` that ask for one of them."""
    counts = (row // rows).bincount(minlength=-(-predictions // rows)).tolist()
    asked = row.argsort(stable=True).split(counts)
    starts = range(0, predictions, rows)
    return [(slice(at, at + rows), here) for at, here in zip(starts, asked, strict=True)]


class _Logps(torch.autograd.Function):
    """Log-probabilities of tokens, and their gradients, by parts of the rows."""

    @staticmethod
    def forward(ctx, states, head, row, token, parts):  # type: ignore[no-untyped-def]
        norm = states.new_empty(len(states), dtype=torch.float32)
        found = states.new_empty(len(row), dtype=torch.float32)
        for part, here in parts:
            table = (states[part] @ head.mT).float()
            norm[part] = table.logsumexp(-1)
            found[here] = table[row[here] - part.start, token[here]]
        ctx.save_for_backward(states, head, row, token, norm)
        ctx.parts = parts
        return found - norm[row]

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        states, head, row, token, norm = ctx.saved_tensors
        share = torch.zeros_like(norm).index_add_(0, row, grad)
        to_states = torch.empty_like(states)
        to_head = torch.zeros_like(head, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        for part, here in ctx.parts:
            table = (states[part] @ head.mT).float().sub_(norm[part, None]).exp_()
            table.mul_(-share[part, None])
            asked = (row[here] - part.start, token[here])
            table.index_put_(asked, grad[here], accumulate=True)
            rounded = table.to(states.dtype)
            to_states[part] = rounded @ head
            if to_head is not None:
                to_head += rounded.mT @ states[part]
        return to_states, to_head if to_head is None else to_head.to(head.dtype), None, None, None
