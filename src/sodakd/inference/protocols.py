"""`TextGenerator`: the one protocol of every inference engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from sodakd.types import Usage


@dataclass(frozen=True)
class Generation:
    """A generated text; it `ended` by itself, or was truncated at `max_new_tokens`.

    `usage` is what it took in tokens, where that is known. It is no part of what was said.
    """

    text: str
    ended: bool
    usage: Usage | None = field(default=None, compare=False)


OnGeneration = Callable[[int, Generation], None]
"""Takes a prompt's index and its generation, as soon as that is complete."""

NO_GENERATIONS: Mapping[int, Generation] = MappingProxyType({})
"""An empty cache."""


@dataclass(frozen=True)
class Prompt:
    """A prompt with what its answer is drawn by: `seed` is its own (`noise_seeds`).

    `number` is told with the answer.
    """

    number: int
    text: str
    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0


PromptSource = Callable[[int], Sequence[Prompt]]
"""Gives as many prompts as are asked for, or fewer: those that wait now."""


class PromptServer(Protocol):
    """A model that answers prompts as they come."""

    def serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        """Answer until none is left and none waits; each is told as it ends, by any thread."""
        ...


class TextGenerator(Protocol):
    """A model that generates for a batch of prompts, in this process or behind a server."""

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        """Return generations in the order of the prompts: greedy at temperature 0, else sampled.

        Prompts that are `cached`, by index, are not generated again. The others get what they
        would get with an empty cache, and `on_generation` gets them alone.
        """
        ...
