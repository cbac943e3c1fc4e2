"""A model of a table as it answers: its engine is opened for its answers alone."""

from collections.abc import Callable, Mapping, Sequence

from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.methods.engines import Engine


class EngineModel:
    """A `TextGenerator` whose engine is open while it answers, and closed before it is judged."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open_engine = open_engine

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
        try:
            return engine.model.generate(
                prompts,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                seed=seed,
                on_generation=on_generation,
                cached=cached,
            )
        finally:
            engine.close()
