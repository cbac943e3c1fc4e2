"""A model by what a user calls it: a folder, a hub id, or a name that a server knows."""

import os

from sodakd.models.chat import Generator
from sodakd.models.hub import find_model
from sodakd.models.openai import Client, Endpoint, Patience
from sodakd.models.served import ServedModel


def open_here(name: str, device: str | None, dtype: str | None, batch_size: int) -> Generator:
    """A model in this process. A folder with a canary is held against it.

    Raises:
        ModelError: it cannot be loaded, or does not answer as the trained model did.
    """
    from sodakd.models.transformers import TransformersModel

    folder = find_model(name)
    model = TransformersModel.open(folder, device=device, dtype=dtype, batch_size=batch_size)
    model.check(folder)
    return model


def open_served(name: str, base_url: str, max_in_flight: int = 64) -> ServedModel:
    """A model behind a server; the key is OPENAI_API_KEY's, where it needs one."""
    endpoint = Endpoint(base_url, name, os.environ.get("OPENAI_API_KEY"))
    return ServedModel(Client(endpoint, max_in_flight, Patience(), empty_is_said=True))
