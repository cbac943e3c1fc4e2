"""Who answers, and what it may cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.prices import Price, known_prices, read_prices
from sodakd.settings.secrets import Variable
from sodakd.settings.serving import Dtype, ServerSettings
from sodakd.settings.types import Count, LongText, NotNegative, Seconds, Seed, Temperature, Text
from sodakd.settings.urls import Address
from sodakd.types import FrozenModel

TeacherKind = Literal["world", "openai", "replay", "transformers", "vllm"]
Unrecorded = Literal["stop", "nearest"]

_NEEDS: Mapping[TeacherKind, tuple[str, ...]] = {
    "world": (),
    "openai": ("model",),
    "replay": ("file",),
    "transformers": ("model_name_or_path",),
    "vllm": ("model_name_or_path",),
}
_ONLY_FOR: Mapping[str, Sequence[TeacherKind]] = {
    **dict.fromkeys(("model", "base_url", "headers", "query"), ("openai", "replay")),
    **dict.fromkeys(("extra_body", "system_prompt"), ("openai", "vllm", "replay")),
    "prompts": ("openai", "transformers", "vllm", "replay"),
    **dict.fromkeys(("batch_api", "price_file"), ("openai", "replay")),
    **dict.fromkeys(("file", "unrecorded"), ("replay",)),
    "model_name_or_path": ("transformers", "vllm"),
    **dict.fromkeys(("batch_size", "device", "dtype"), ("transformers",)),
    **dict.fromkeys(("port", "arguments", "command", "start_seconds"), ("vllm",)),
}


class TeacherSettings(ServerSettings):
    """Who answers.

    `world`: the embedded procedural teacher, by computation. `openai`: any server with OpenAI's
    chat completions. `replay`: recorded answers. `transformers`: a model in this process. `vllm`:
    a server that the run starts and stops. Prices are US dollars per million tokens; what is not
    set here is taken from `price_file`, else from the dated table of known models; what neither
    has is unknown.
    """

    kind: TeacherKind = Field(default="world", description="who answers, as said above")
    prompt_price: NotNegative | None = Field(default=None, description="$ per million tokens")
    completion_price: NotNegative | None = Field(default=None, description="$ per million tokens")
    price_file: Text | None = Field(
        default=None, description="prices of models, laid over the known ones: YAML"
    )
    model: Text | None = Field(default=None, description="the name the server knows it by")
    base_url: Address | None = Field(
        default=None, description="OPENAI_BASE_URL if left out, else OpenAI's own"
    )
    api_key_env: Variable = Field(
        default="OPENAI_API_KEY", description="the environment variable that holds the key"
    )
    system_prompt: LongText | None = Field(default=None, description="said before each prompt")
    prompts: Text | None = Field(
        default=None, description="a folder of Markdown files, laid over the shipped prompts"
    )
    temperature: Temperature | None = Field(default=0.7, description="null leaves it to the server")
    max_tokens: Count = Field(default=2048, description="of an answer; once more, doubled")
    seed: Seed | None = Field(
        default=None, description="of an answer: base_url's servers may heed it"
    )
    token_limit: Literal["max_tokens", "max_completion_tokens"] | None = Field(
        default=None, description="the field for max_tokens; by the server if left out"
    )
    batch_api: bool = Field(default=False, description="OpenAI's Batch API: slower, half the price")
    batch_poll: Seconds = Field(default=30.0, description="seconds between looks at a batch")
    file: Text | None = Field(
        default=None,
        description="of recorded answers, JSON lines, .gz too; or the name of one that is shipped",
    )
    unrecorded: Unrecorded = Field(
        default="stop",
        description="at an ask that is not in the file; nearest: it gets the answer to the recorded"
        " one of its kind, question, attempt and level, or has failed",
    )
    model_name_or_path: Text | None = Field(default=None, description="a folder, or a hub's id")
    batch_size: Count = Field(default=128, description="prompts decoded at the same time")
    device: Text | None = Field(default=None, description="cuda where there is one, else cpu")
    dtype: Dtype | None = Field(default=None, description="the weights' own if left out")

    @model_validator(mode="after")
    def _fields_fit_the_kind(self) -> Self:
        missing = [name for name in _NEEDS[self.kind] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a teacher of kind {self.kind} needs teacher.{missing[0]}")
        self._refuse_others("teacher", "kind", self.kind, _ONLY_FOR)
        if self.temperature is None and self.kind in {"world", "transformers"}:
            raise ValueError(f"teacher.temperature is null, and a {self.kind} teacher needs one")
        if (self.prompt_price is None) != (self.completion_price is None):
            raise ValueError("set teacher.prompt_price and teacher.completion_price, or neither")
        self._listed()
        return self

    @property
    def prices(self) -> tuple[float, float, float] | None:
        """Dollars per million prompt and completion tokens, and the Batch API's share of them.

        None where nobody knows.
        """
        known = self._listed()
        if self.prompt_price is not None and self.completion_price is not None:
            return self.prompt_price, self.completion_price, known.batch if known else 0.5
        if known:
            return known.prompt, known.completion, known.batch
        return None if self.kind == "openai" else (0.0, 0.0, 1.0)

    def _listed(self) -> Price | None:
        """The model's price in the recipe's own file, else in the table of known ones."""
        own = {} if self.price_file is None else read_prices(Path(self.price_file))
        return own.get(self.model or "") or known_prices().get(self.model or "")


class Budget(FrozenModel):
    """The most that a run may spend on its teacher, all arms together. None is no limit."""

    calls: Annotated[int, Field(gt=0, le=10**12)] | None = Field(
        default=None, description="asked of the teacher"
    )
    tokens: Annotated[int, Field(gt=0, le=10**15)] | None = Field(
        default=None, description="of prompts and answers"
    )
    money: Annotated[float, Field(gt=0, le=10**9)] | None = Field(
        default=None, description="US dollars"
    )
