"""`CachedGenerator`: a model whose generations are appended to a file, so a kill loses none."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration, TextGenerator
from sodakd.jsonl import append_rows, read_journal
from sodakd.types import FrozenModel


class CachedGeneration(FrozenModel):
    """A line of the cache: a generation, its prompt's index, and the hash of the whole batch."""

    asked: str
    number: int
    text: str
    ended: bool


class CachedGenerator:
    """A `TextGenerator` that generates only what its cache file does not hold.

    The model is opened when something is left to ask. `student` tells its weights from others: the
    file's answers to other prompts, of other weights or settings are not taken.
    """

    def __init__(self, open_model: Callable[[], TextGenerator], path: Path, student: str) -> None:
        self._open_model = open_model
        self._path = path
        self._student = student

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
        """Return generations in the order of the prompts; `on_generation` gets cached ones too."""
        values = [self._student, list(prompts), max_new_tokens, temperature, seed]
        asked = hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
        cache = {
            row.number: Generation(row.text, row.ended)
            for row in read_journal(self._path, CachedGeneration)
            if row.asked == asked
        } | dict(cached)
        for number, said in cache.items():
            if on_generation is not None:
                on_generation(number, said)
        if len(cache) == len(prompts):
            return [cache[number] for number in range(len(prompts))]

        def keep(number: int, said: Generation) -> None:
            row = CachedGeneration(asked=asked, number=number, text=said.text, ended=said.ended)
            append_rows(self._path, [row])
            if on_generation is not None:
                on_generation(number, said)

        return self._open_model().generate(
            prompts,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            seed=seed,
            on_generation=keep,
            cached=cache,
        )
