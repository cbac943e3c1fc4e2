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
    rows = max(1, PART_BYTES // (4 * head.shape[0]))
    found: Tensor = _Logps.apply(states, head, row, token, rows)  # type: ignore[no-untyped-call]
    return found


class _Logps(torch.autograd.Function):
    """Log-probabilities of tokens, and their gradients, by parts of so many rows."""

    @staticmethod
    def forward(ctx, states, head, row, token, rows):  # type: ignore[no-untyped-def]
        norm = states.new_empty(len(states), dtype=torch.float32)
        found = states.new_empty(len(row), dtype=torch.float32)
        for start in range(0, len(states), rows):
            table = (states[start : start + rows] @ head.mT).float()
            norm[start : start + rows] = table.logsumexp(-1)
            here = ((row >= start) & (row < start + rows)).nonzero()[:, 0]
            found[here] = table[row[here] - start, token[here]]
        ctx.save_for_backward(states, head, row, token, norm)
        ctx.rows = rows
        return found - norm[row]

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        states, head, row, token, norm = ctx.saved_tensors
        rows = ctx.rows
        share = torch.zeros_like(norm).index_add_(0, row, grad)
        to_states = torch.empty_like(states)
        to_head = torch.zeros_like(head, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        for start in range(0, len(states), rows):
            part = slice(start, start + rows)
            table = (states[part] @ head.mT).float().sub_(norm[part, None]).exp_()
            table.mul_(-share[part, None])
            here = ((row >= start) & (row < start + rows)).nonzero()[:, 0]
            table.index_put_((row[here] - start, token[here]), grad[here], accumulate=True)
            rounded = table.to(states.dtype)
            to_states[part] = rounded @ head
            if to_head is not None:
                to_head += rounded.mT @ states[part]
        return to_states, to_head if to_head is None else to_head.to(head.dtype), None, None, None
