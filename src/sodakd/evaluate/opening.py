"""How the model that is evaluated is opened: in this process, or behind a server."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from sodakd.errors import EndpointError
from sodakd.evaluate.answering import Answering, ByCalls, InBatches
from sodakd.models.endpoint import Endpoint
from sodakd.models.openai import Client, Patience
from sodakd.models.served import ServedModel
from sodakd.settings.addresses import address_fault, public_address


@dataclass(frozen=True)
class Served:
    """Where a model is served, and which environment variable holds the key, if one is needed."""

    base_url: str
    key_variable: str
    max_in_flight: int

    def __post_init__(self) -> None:
        fault = address_fault(self.base_url)
        if fault is not None:  # before it is written down
            raise EndpointError(f"the base URL is {public_address(self.base_url)!r}; {fault}")


@dataclass(frozen=True)
class Here:
    """How a model is opened in this process: None is what fits the machine and the weights."""

    device: str | None
    dtype: str | None
    batch_size: int


def opener(model: str, at: Served | Here) -> Callable[[], Answering]:
    """What opens a model: one of a folder or the hub in this process, or one behind a server.

    A folder with a canary is held against it.
    """

    def open_here(here: Here) -> Answering:
        from sodakd.models.hub import find_model
        from sodakd.models.transformers import TransformersModel

        folder = find_model(model)
        opened = TransformersModel.open(
            folder,
            device=here.device,
            dtype=here.dtype,
            batch_size=here.batch_size,
            keys="--",
        )
        opened.check(folder)
        return InBatches(opened)

    def open_there(at: Served) -> Answering:
        endpoint = Endpoint(at.base_url, model, os.environ.get(at.key_variable))
        client = Client(endpoint, at.max_in_flight, Patience(), empty_is_said=True)
        return ByCalls(ServedModel(client))

    return (lambda: open_there(at)) if isinstance(at, Served) else (lambda: open_here(at))
