"""How the model that is evaluated is opened: in this process, or behind a server."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from sodakd.errors import EndpointError
from sodakd.inference.dispatch import Place
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.protocols import TextGenerator
from sodakd.inference.remote_model import ServedModel
from sodakd.settings.urls import address_fault, public_address


@dataclass(frozen=True)
class RemoteModel:
    """Where a model is served, and which environment variable holds the key, if one is needed."""

    base_url: str
    key_variable: str
    max_in_flight: int

    def __post_init__(self) -> None:
        fault = address_fault(self.base_url)
        if fault is not None:  # before it is written down
            raise EndpointError(f"the base URL is {public_address(self.base_url)!r}; {fault}")


@dataclass(frozen=True)
class LocalModel:
    """How a model is opened in this process: None is what fits the machine and the weights."""

    device: str | None
    dtype: str | None
    batch_size: int


def model_factory(model: str, at: RemoteModel | LocalModel) -> Callable[[], TextGenerator]:
    """Return a function that opens a model: of a folder or the hub here, or behind a server.

    A folder with a canary is held against it.
    """

    def open_here(here: LocalModel) -> TextGenerator:
        from sodakd.inference.hub import find_model
        from sodakd.inference.transformers import TransformersModel

        folder = find_model(model)
        opened = TransformersModel.open(
            folder,
            device=here.device,
            dtype=here.dtype,
            batch_size=here.batch_size,
            keys="--",
        )
        opened.check(folder)
        return opened

    def open_there(at: RemoteModel) -> TextGenerator:
        endpoint = Endpoint(at.base_url, model, os.environ.get(at.key_variable))
        client = Client(
            endpoint, at.max_in_flight, RetryPolicy(), empty_is_said=True, role="student"
        )
        return ServedModel([Place.of(client)])

    return (lambda: open_there(at)) if isinstance(at, RemoteModel) else (lambda: open_here(at))
