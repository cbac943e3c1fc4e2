"""The models of a table: where each is, which engine answers for it, and what it costs."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.generation import GenerationSettings
from sodakd.settings.prices import known_prices
from sodakd.settings.types import Name, NotNegative, Positive, Text
from sodakd.types import FrozenModel

_GGUF = ".gguf"
_LLAMA_SERVER = (
    "llama-server", "-m", "{model}", "--host", "127.0.0.1", "--port", "{port}", "--jinja",
)  # fmt: skip
"""What serves a GGUF file where nothing else is said: llama.cpp, by the file's own template."""


class ModelPrice(FrozenModel):
    """What answers cost in US dollars: a million tokens of an API, or an hour of a machine."""

    prompt: NotNegative | None = Field(default=None, description="a million tokens asked")
    completion: NotNegative | None = Field(default=None, description="a million tokens answered")
    hour: NotNegative | None = Field(default=None, description="of the machine that answers")

    @model_validator(mode="after")
    def _is_one_price(self) -> Self:
        tokens = self.prompt is not None and self.completion is not None
        if tokens == (self.hour is not None) or (self.prompt is None) != (self.completion is None):
            raise ValueError("a price is {prompt: ..., completion: ...}, or {hour: ...}")
        return self


class ModelEntry(FrozenModel):
    """A model of a table, which is a row of it."""

    name: Name = Field(description="of the row, and of its folder")
    model: Text = Field(
        description="a folder, a hub's id, a GGUF file; with engine.base_urls what the server calls"
        " it"
    )
    prompt: Literal["chat", "continue"] = Field(
        default="chat",
        description="chat: by the model's own template, or the one of base models that have none;"
        " continue: the task's code, which it is to go on with",
    )
    engine: GenerationSettings = Field(
        default=GenerationSettings(), description="as generation of a recipe"
    )
    price: ModelPrice | None = Field(default=None, description="unknown if left out")
    licence: Text | None = Field(default=None, description="of the weights")
    memory_gb: Positive | None = Field(default=None, description="what it needs, as it is said")
    note: Text | None = Field(default=None, description="what else there is to know of it")

    @property
    def opened_with(self) -> GenerationSettings:
        """The engine: llama.cpp's server for a GGUF file that names none."""
        if self.engine.backend == "transformers" and self.model.endswith(_GGUF):
            return GenerationSettings(backend="server", command=_LLAMA_SERVER)
        if self.engine.base_urls and self.engine.model is None:
            return self.engine.model_copy(update={"model": self.model})
        return self.engine

    @property
    def token_price(self) -> tuple[float, float] | None:
        """US dollars per million tokens asked and answered: its own, else the table of prices'."""
        own = self.price
        if own is not None and own.prompt is not None and own.completion is not None:
            return own.prompt, own.completion
        known = known_prices().get(self.model) if own is None and self.engine.base_urls else None
        return None if known is None else (known.prompt, known.completion)


class ModelFile(FrozenModel):
    """The models of a table, in its order."""

    models: tuple[ModelEntry, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [each.name for each in self.models]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                raise ValueError(f"two models are called {name}: give each a name of its own")
        return self
