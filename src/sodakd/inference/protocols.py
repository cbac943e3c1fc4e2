"""What answers prompts: the one protocol of every back end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol


@dataclass(frozen=True)
class Generation:
    """An answer. One that has not `ended` was cut off: it reached its most tokens."""

    text: str
    ended: bool


OnGeneration = Callable[[int, Generation], None]
"""Is told the number of a prompt and its answer, as soon as that is whole."""

NOTHING: Mapping[int, Generation] = MappingProxyType({})
"""No answer is known yet."""


class TextGenerator(Protocol):
    """A model that answers a batch of prompts: in this process, or behind a server."""

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        came: OnGeneration | None = None,
        known: Mapping[int, Generation] = NOTHING,
    ) -> list[Generation]:
        """Answers in the order of the prompts; greedy at temperature 0, else drawn from `seed`.

        Prompts whose answers are `known`, by number, are not asked again. The others get what they
        would get had none been known, and `came` is told of them alone.
        """
        ...
