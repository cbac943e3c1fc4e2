"""Examples, their token ids, and the order in which they are trained on."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from sodakd.errors import TrainingError
from sodakd.models.prompts import Tokenizer, encode_answer, encode_prompt
from sodakd.settings.training import TrainingSettings

# Batches are cut from pools of this many, sorted by length, so that a batch holds like lengths.
POOL = 16


@dataclass(frozen=True)
class Example:
    """A question's text, its correct answer, and a faulty one where there is one.

    `weight` scales the example's share of the negative log-likelihood.
    """

    prompt: str
    chosen: str
    rejected: str | None
    weight: float = 1.0


@dataclass(frozen=True)
class Encoded:
    """An example as token ids. Answers end in the end-of-sequence token."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...] | None
    weight: float

    @property
    def length(self) -> int:
        """Tokens of the prompt and the correct answer."""
        return len(self.prompt) + len(self.chosen)


def encode(
    examples: Sequence[Example], tokenizer: Tokenizer, max_length: int
) -> tuple[Encoded, ...]:
    """Token ids of every example.

    Raises TrainingError where there is no example, a weight is not a positive number, or a prompt
    and its answer together pass `max_length` tokens, which is what the model can take.
    """
    if not examples:
        raise TrainingError("there are no examples to train on; at least one is needed")
    return tuple(
        _encode(place, example, tokenizer, max_length) for place, example in enumerate(examples)
    )


def _encode(place: int, example: Example, tokenizer: Tokenizer, max_length: int) -> Encoded:
    if not (math.isfinite(example.weight) and example.weight > 0):
        raise TrainingError(
            f"example {place} has weight {example.weight}; a weight must be a number above 0"
        )
    prompt = tuple(encode_prompt(tokenizer, example.prompt))
    chosen = tuple(encode_answer(tokenizer, example.chosen))
    rejected = None
    if example.rejected is not None and example.rejected != example.chosen:
        rejected = tuple(encode_answer(tokenizer, example.rejected))
    longest = len(prompt) + max(len(chosen), len(rejected or ()))
    if longest > max_length:
        raise TrainingError(
            f"example {place} has {longest} tokens with its answer, but the model takes at most "
            f"{max_length}; leave it out, or raise max_position_embeddings. "
            f"It begins: {example.prompt[:60]!r}"
        )
    return Encoded(prompt, chosen, rejected, example.weight)


def count_steps(examples: int, settings: TrainingSettings) -> int:
    """Optimiser steps of a whole training: `max_steps`, or the epochs' share of batches."""
    if settings.max_steps is not None:
        return settings.max_steps
    batches = math.ceil(examples / settings.per_device_train_batch_size)
    return max(1, round(settings.num_train_epochs * batches))


def plan(
    lengths: Sequence[int], settings: TrainingSettings, seed: int
) -> tuple[tuple[int, ...], ...]:
    """Which examples each step trains on: a function of the arguments and of nothing else.

    Every epoch is a fresh shuffle of all examples. `lengths` are in tokens, one for each example.
    """
    size = settings.per_device_train_batch_size
    steps = count_steps(len(lengths), settings)
    rng = random.Random(seed)
    batches: list[tuple[int, ...]] = []
    while len(batches) < steps:
        batches += _epoch(lengths, size, rng)
    return tuple(batches[:steps])


def _epoch(lengths: Sequence[int], size: int, rng: random.Random) -> list[tuple[int, ...]]:
    order = list(range(len(lengths)))
    rng.shuffle(order)
    batches = []
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda place: lengths[place])
        batches += [tuple(pool[at : at + size]) for at in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches
