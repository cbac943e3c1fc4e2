"""What answers prompts: the one protocol of every back end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn. Temperature 0 is greedy; `samples` only counts, it repeats no prompt."""

    max_new_tokens: int
    samples: int = 1
    temperature: float = 0.0
    seed: int = 0


class Generator(Protocol):
    """A model that answers a batch of prompts, one answer each, in their order."""

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        progress: Callable[[int], None] | None = None,
    ) -> list[str]: ...
