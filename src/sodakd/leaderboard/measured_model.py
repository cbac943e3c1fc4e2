"""A model of a table as it answers: opened for its answers alone, and measured meanwhile."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.jsonl import append_rows
from sodakd.methods.engines import Engine
from sodakd.report.model_folder import MeasuredAnswer


class MeasuredModel:
    """A `TextGenerator` whose engine is open while it answers, and closed before it is judged.

    Seconds begin when it is loaded. Each answer's are written when it comes, so that a stop loses
    none. `peak` tells the most memory until now; None of an engine that is elsewhere.
    """

    def __init__(
        self, open_engine: Callable[[], Engine], log: Path, peak: Callable[[], int] | None
    ) -> None:
        self._open_engine = open_engine
        self._log = log
        self._peak = peak

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
        """Return generations in the order of the prompts, as its engine gives them."""
        engine = self._open_engine()
        last = time.monotonic()

        def told(number: int, said: Generation) -> None:
            nonlocal last
            now = time.monotonic()
            peak = None if self._peak is None else self._peak()
            append_rows(self._log, [MeasuredAnswer(seconds=now - last, peak_bytes=peak)])
            last = now
            if on_generation is not None:
                on_generation(number, said)

        try:
            return engine.model.generate(
                prompts,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                seed=seed,
                on_generation=told,
                cached=cached,
            )
        finally:
            engine.close()
