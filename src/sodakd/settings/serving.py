"""A server of models: one of the user's own, or one that a run starts and stops."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from sodakd.settings.secrets import Headers
from sodakd.settings.types import Count, Text, Wait
from sodakd.types import FrozenModel

Dtype = Literal["float32", "bfloat16", "float16"]

_OWN_FIELDS: Mapping[str, str] = {
    "model": "model",
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "seed": "seed",
}
_NOT_OURS = {"messages", "stream", "stream_options", "n", "logprobs", "tools", "functions"}


def _right_body(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name in fields:
        if name in _OWN_FIELDS:
            raise ValueError(f"{name} has a key of its own: {_OWN_FIELDS[name]}")
        if name in _NOT_OURS:
            raise ValueError(f"{name} cannot be set: one whole answer in text is asked for")
    return fields


Body = Annotated[dict[str, JsonValue], AfterValidator(_right_body)]
"""Fields of a request's JSON beside those that have keys of their own."""


class ServerSettings(FrozenModel):
    """How a server of models is started and called. Sections of a recipe are made from it."""

    headers: Headers | None = Field(
        default=None, description="further headers; a value env:NAME is that variable's"
    )
    query: dict[str, str] | None = Field(
        default=None, description="what stands behind ? in each address, such as api-version"
    )
    extra_body: Body | None = Field(
        default=None, description="further fields of each request, such as top_p"
    )
    max_in_flight: Count = Field(default=64, description="most calls at the same time")
    timeout: Wait = Field(default=600.0, description="seconds until an attempt is given up")
    attempts: Count = Field(default=8, description="of a call whose attempts fail")
    command: tuple[Text, ...] = Field(
        default=("vllm", "serve"), description="what starts the server, before the model's name"
    )
    arguments: tuple[Text, ...] = Field(default=(), description="handed to the server's command")
    port: int | None = Field(default=None, ge=1, le=65535, description="a free one if left out")
    start_seconds: Wait = Field(default=900.0, description="until the server must answer")

    def _refuse_others(
        self, section: str, key: str, chosen: str, only_for: Mapping[str, Sequence[str]]
    ) -> None:
        """Refuse fields that have a value, and are for others than what was chosen."""
        for name, kinds in only_for.items():
            if self._is_set(name) and chosen not in kinds:
                raise ValueError(
                    f"{section}.{name} is for {key} {' or '.join(kinds)}, not {chosen}"
                )

    def _is_set(self, name: str) -> bool:
        """Whether a field has another value than its default."""
        return bool(getattr(self, name) != type(self).model_fields[name].default)
