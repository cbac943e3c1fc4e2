"""How the student answers: which engine, where, and how exactly it must be the trained one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sodakd.settings.secrets import Variable
from sodakd.settings.serving import Dtype, ServerSettings
from sodakd.settings.types import Count, Positive, RayAddress, Text
from sodakd.settings.urls import Address

Backend = Literal["transformers", "server", "vllm"]

_SERVED = (
    "base_urls", "max_in_flight", "timeout", "attempts", "command", "arguments", "port",
    "start_seconds", "model", "api_key_env", "headers", "query", "extra_body",
)  # fmt: skip
_ONLY_FOR: Mapping[str, Sequence[Backend]] = {
    **dict.fromkeys(("batch_size", "device"), ("transformers",)),
    **dict.fromkeys(_SERVED, ("server", "vllm")),
}
_STARTED = ("command", "arguments", "port", "start_seconds", "workers", "ray")


def _as_list(value: object) -> object:
    """A list of addresses; of one that stands alone, a list of it."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


class GenerationSettings(ServerSettings):
    """The engine of the student.

    `transformers`: in this process. `vllm`: a fresh vLLM server for each new student. `server`: the
    same with another server's command, or servers of your own behind `base_urls`.
    """

    backend: Backend = Field(default="transformers", description="the engine, as said above")
    base_urls: Annotated[tuple[Address, ...], BeforeValidator(_as_list), Field(max_length=1000)] = (
        Field(default=(), description="of servers of your own, which share the prompts")
    )
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None,
        description="processes or servers that share the prompts, each with GPUs or cores of its"
        " own; if left out one, of transformers one for each GPU",
    )
    ray: RayAddress = Field(
        default="",
        description="the Ray cluster on whose nodes workers or servers are started, `workers` on"
        " each: `auto`, or `HOST:PORT`",
    )
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
        places = [each.rstrip("/") for each in self.base_urls]
        repeated = {each for each in places if places.count(each) > 1}
        if repeated:
            raise ValueError(f"generation.base_urls names {min(repeated)} twice: once is enough")
        if self.base_urls:
            if self.backend != "server":
                raise ValueError("generation.base_urls is for backend server: it starts nothing")
            for name in _STARTED:
                if self._is_set(name):
                    raise ValueError(
                        f"generation.{name} is for servers that are started, and"
                        " generation.base_urls names those that run: set one of them"
                    )
        elif self.backend == "server" and not self._is_set("command"):
            raise ValueError(
                "backend server needs generation.command, which starts a server, or"
                " generation.base_urls, where some run"
            )
        if (self.workers or 1) > 1 and self.device not in {None, "cpu", "cuda"}:
            raise ValueError(
                f"generation.device names one device, {self.device}, and generation.workers wants"
                f" {self.workers}: set one of them, or device to cpu or cuda"
            )
        return self

    @property
    def starts(self) -> bool:
        """Whether a command of the recipe starts the servers that answer."""
        return self.backend != "transformers" and not self.base_urls
