"""A server of models: one of the user's own, or one that a run starts and stops."""

from typing import Literal

from pydantic import Field

from sodakd.settings.addresses import Address
from sodakd.settings.ranges import Count, Seconds, Text
from sodakd.types import Frozen

Dtype = Literal["float32", "bfloat16", "float16"]


class ServerSettings(Frozen):
    """How a server of models is started and called. Sections of a recipe are made from it."""

    base_url: Address | None = Field(default=None, description="of a server of your own")
    max_in_flight: Count = Field(default=64, description="most calls at the same time")
    timeout: Seconds = Field(default=600.0, description="seconds until an attempt is given up")
    attempts: Count = Field(default=8, description="of a call whose attempts fail")
    command: tuple[Text, ...] = Field(
        default=("vllm", "serve"), description="what starts the server, before the model's name"
    )
    arguments: tuple[Text, ...] = Field(default=(), description="handed to the server's command")
    port: int | None = Field(default=None, ge=1, le=65535, description="a free one if left out")
    start_seconds: Seconds = Field(default=900.0, description="until the server must answer")
