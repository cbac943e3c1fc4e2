"""What answers prompts: the one protocol of every back end."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Generator(Protocol):
    """A model that answers a batch of prompts, one answer each, in their order."""

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> list[str]:
        """Answers; greedy at temperature 0, else drawn for each row from `seed`."""
        ...
