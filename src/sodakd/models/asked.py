"""A model by what a user calls it: a folder, a hub id, or a name that a server knows."""

import os

from sodakd.models.chat import Generator
from sodakd.models.hub import find_model
from sodakd.models.openai import Client, Endpoint, Patience
from sodakd.models.served import ServedModel

MOST_CALLS = 64


def open_asked(
    name: str, base_url: str | None, device: str | None, dtype: str | None, batch_size: int
) -> Generator:
    """A model that answers. A folder with a canary is held against it.

    Raises:
        ModelError: it cannot be loaded, or does not answer as the trained model did.
    """
    if base_url is not None:
        endpoint = Endpoint(base_url, name, os.environ.get("OPENAI_API_KEY"))
        return ServedModel(Client(endpoint, MOST_CALLS, Patience(), empty_is_said=True))
    from sodakd.models.transformers import TransformersModel

    folder = find_model(name)
    model = TransformersModel.open(folder, device=device, dtype=dtype, batch_size=batch_size)
    model.check(folder)
    return model
