"""Examples, their token ids, and the order in which they are trained on."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat
from sodakd.settings.training import TrainingSettings

# Batches are cut from pools of this many, sorted by length, so that a batch holds like lengths.
LENGTH_POOL = 16


@dataclass(frozen=True)
class Example:
    """A question's text, its correct answer, and a faulty one where there is one."""

    prompt: str
    chosen: str
    rejected: str | None


@dataclass(frozen=True)
class TokenizedExample:
    """An example as token ids. Answers end in the end-of-sequence token.

    `reference`: sums of both answers' log-probabilities by the weights that a training begins with.
    """

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...] | None
    reference: tuple[float, float] | None = None

    @property
    def length(self) -> int:
        """Tokens of the prompt and the correct answer."""
        return len(self.prompt) + len(self.chosen)

    @property
    def longest(self) -> int:
        """Tokens of the prompt and the longer answer."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected or ()))


def encode(
    examples: Sequence[Example], chat_format: ChatFormat, max_length: int
) -> tuple[TokenizedExample, ...]:
    """Token ids of the examples that take no more than `max_length` tokens with their answers.

    A faulty answer that alone is too long is left out, and its example kept.

    Raises TrainingError where no example is left.
    """
    if not examples:
        raise TrainingError("there are no examples to train on; at least one is needed")
    encoded = [_encode(example, chat_format) for example in examples]
    kept = [_drop_long_rejected(each, max_length) for each in encoded if each.length <= max_length]
    if not kept:
        raise TrainingError(
            f"the shortest of {len(encoded)} examples has {min(each.length for each in encoded)}"
            f" tokens with its answer, and at most {max_length} can be taken: raise"
            " training.max_length, or use a student with more max_position_embeddings"
        )
    return tuple(kept)


def _encode(example: Example, chat_format: ChatFormat) -> TokenizedExample:
    prompt = tuple(chat_format.prompt(example.prompt))
    chosen = tuple(chat_format.answer(example.chosen))
    rejected = None
    if example.rejected is not None and example.rejected != example.chosen:
        rejected = tuple(chat_format.answer(example.rejected))
    return TokenizedExample(prompt, chosen, rejected)


def _drop_long_rejected(each: TokenizedExample, max_length: int) -> TokenizedExample:
    if each.rejected is None or len(each.prompt) + len(each.rejected) <= max_length:
        return each
    return replace(each, rejected=None)


def count_steps(examples: int, settings: TrainingSettings) -> int:
    """Optimiser steps of a whole training: `max_steps`, or the epochs' share of batches."""
    if settings.max_steps is not None:
        return settings.max_steps
    batches = math.ceil(examples / settings.examples_a_step)
    return max(1, round(settings.num_train_epochs * batches))


def batch_schedule(
    lengths: Sequence[int], settings: TrainingSettings, seed: int
) -> tuple[tuple[int, ...], ...]:
    """Return the places of the examples that each step trains on: by the arguments alone.

    Every epoch is a fresh shuffle of all examples. `lengths` are in tokens, one for each example.
    """
    size = settings.examples_a_step
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
    for start in range(0, len(order), size * LENGTH_POOL):
        pool = sorted(order[start : start + size * LENGTH_POOL], key=lambda place: lengths[place])
        batches += [tuple(pool[at : at + size]) for at in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches
