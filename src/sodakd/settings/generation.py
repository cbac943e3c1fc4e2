"""How the student answers: which engine, where, and how exactly it must be the trained one."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.secrets import Variable
from sodakd.settings.serving import Dtype, ServerSettings
from sodakd.settings.types import Count, Positive, Text

Backend = Literal["transformers", "server", "vllm"]

_SERVED = (
    "base_url", "max_in_flight", "timeout", "attempts", "command", "arguments", "port",
    "start_seconds", "model", "api_key_env", "headers", "query", "extra_body",
)  # fmt: skip
_ONLY_FOR: Mapping[str, Sequence[Backend]] = {
    **dict.fromkeys(("batch_size", "device"), ("transformers",)),
    **dict.fromkeys(_SERVED, ("server", "vllm")),
}
_STARTED = ("command", "arguments", "port", "start_seconds")


class GenerationSettings(ServerSettings):
    """The engine of the student.

    `transformers`: in this process. `vllm`: a fresh vLLM server for each new student. `server`: the
    same with another server's command, or a server of your own behind `base_url`.
    """

    backend: Backend = Field(default="transformers", description="the engine, as said above")
    batch_size: Count = Field(default=128, description="prompts decoded at the same time")
    device: Text | None = Field(default=None, description="cuda where there is one, else cpu")
    dtype: Dtype | None = Field(default=None, description="the weights' own if left out")
    model: Text | None = Field(
        default=None, description="the name a server knows it by; the student's folder if left out"
    )
    api_key_env: Variable | None = Field(
        default=None, description="the environment variable that holds a server's key"
    )
    canary_tolerance: Positive | None = Field(
        default=None,
        description="nats between the engine's log-probabilities and the trainer's; 0.001 in"
        " float32 and 0.25 in half precision if left out",
    )

    @model_validator(mode="after")
    def _fields_fit_the_backend(self) -> Self:
        self._refuse_others("generation", "backend", self.backend, _ONLY_FOR)
        if self.base_url is not None:
            if self.backend != "server":
                raise ValueError("generation.base_url is for backend server: it starts nothing")
            for name in _STARTED:
                if self._is_set(name):
                    raise ValueError(
                        f"generation.{name} starts a server, and generation.base_url names one"
                        " that runs: set one of them"
                    )
        elif self.backend == "server" and not self._is_set("command"):
            raise ValueError(
                "backend server needs generation.command, which starts a server, or"
                " generation.base_url, where one runs"
            )
        return self

    @property
    def starts(self) -> bool:
        """Whether the run starts servers of its own."""
        return self.backend != "transformers" and self.base_url is None
