"""Which token comes next: the likeliest, or one drawn with noise that belongs to its row."""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

_BLOCK = 512
Ended = Callable[[int, list[int]], None]
"""Is told the place of a batch's row and the tokens of its answer, as soon as that is whole."""


class TokenSelector(Protocol):
    """Chooses the next token of each row of a batch."""

    def select(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The tokens of this step."""
        ...

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        ...


class Greedy:
    """The likeliest token."""

    def select(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The tokens of this step."""
        del step
        return logits.argmax(-1)

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Nothing belongs to a row."""


class Sampler:
    """Draws tokens at a temperature with noise that belongs to each row."""

    def __init__(self, temperature: float, noise: Float[Tensor, "rows steps"]) -> None:
        self._temperature = temperature
        self._noise = noise

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        self._noise = self._noise[rows.to(self._noise.device)]

    def select(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The token at which the cumulative probability passes the row's noise of this step."""
        return draw(logits, self._noise[:, step].to(logits.device), self._temperature)


class LogprobRecorder:
    """The likeliest token, with its log-probability written down, for every row of a batch."""

    def __init__(self, rows: int) -> None:
        self.tokens: list[list[int]] = [[] for _ in range(rows)]
        self.logprobs: list[list[float]] = [[] for _ in range(rows)]
        self._rows = list(range(rows))

    def select(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The tokens of this step."""
        del step
        return self.record(logits, self._rows)

    def record(
        self, logits: Float[Tensor, "rows vocab"], numbers: Sequence[int]
    ) -> Int[Tensor, " rows"]:
        """The tokens of those rows of the batch that have these numbers."""
        best = logits.float().log_softmax(-1).max(-1)
        for row, token, logprob in zip(
            numbers, best.indices.tolist(), best.values.tolist(), strict=True
        ):
            self.tokens[row].append(token)
            self.logprobs[row].append(logprob)
        return best.indices

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        self._rows = [self._rows[row] for row in rows.tolist()]

    def until(self, stops: frozenset[int]) -> list[tuple[list[int], list[float]]]:
        """Tokens and log-probabilities of each row, up to the token that ended it."""
        found = []
        for tokens, logprobs in zip(self.tokens, self.logprobs, strict=True):
            end = next((at + 1 for at, token in enumerate(tokens) if token in stops), len(tokens))
            found.append((tokens[:end], logprobs[:end]))
        return found


def noise(seeds: Sequence[int], steps: int) -> Float[Tensor, "rows steps"]:
    """Numbers in [0, 1), a row for each seed."""
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    return torch.stack([torch.rand(steps, generator=g, dtype=torch.float64) for g in drawn])


def draw(
    logits: Float[Tensor, "rows vocab"],
    noise: Float[Tensor, " rows"],
    temperature: Float[Tensor, "rows 1"] | float,
) -> Int[Tensor, " rows"]:
    """The token at which the cumulative probability passes the noise.

    Sums of blocks first: a running sum over a large vocabulary takes longer than its softmax.
    """
    weights = logits.to(torch.float32, copy=True)
    weights = weights.sub_(weights.amax(-1, keepdim=True)).div_(temperature).exp_()
    blocks = functional.pad(weights, (0, -weights.shape[1] % _BLOCK)).unflatten(1, (-1, _BLOCK))
    sums = blocks.sum(-1).double().cumsum(-1)
    passed = noise[:, None] * sums[:, -1:]
    block = torch.searchsorted(sums, passed, right=True).clamp_(max=sums.shape[1] - 1)
    before = (sums.gather(1, block) - blocks.sum(-1).double().gather(1, block)).clamp_(min=0)
    within = blocks.take_along_dim(block[..., None], 1)[:, 0].double().cumsum(-1)
    place = torch.searchsorted(within, passed - before, right=True).clamp_(max=_BLOCK - 1)
    return (block * _BLOCK + place)[:, 0].clamp_(max=logits.shape[1] - 1)
