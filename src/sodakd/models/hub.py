"""A model's folder: on this disk, or fetched from the Hugging Face hub."""

import os
import re
from pathlib import Path

from sodakd.errors import ModelError

_ID = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+")
_WANTED = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "vocab.txt", "merges.txt")
"""Weights as safetensors, and texts. Neither pickled weights nor code is ever fetched."""


def find_model(name: str, revision: str | None = None) -> Path:
    """The folder of a model: the one of that name, or a copy of the hub's in its own cache.

    Raises:
        ModelError: there is no such folder, and the hub does not give it.
    """
    if Path(name).is_dir():
        return Path(name)
    if not _ID.fullmatch(name) or name.startswith("."):
        raise ModelError(f"there is no folder {name}; name a model's folder, or a hub's id")
    # Before the import, which reads it: nobody is told who fetches what, and with which tools.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
        )
    except ImportError:
        raise ModelError(
            f"there is no folder {name}, and to ask the hub for it huggingface_hub is needed:"
            " pip install 'sodakd[train]'"
        ) from None
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(_WANTED)))
    except (
        HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError,
    ) as error:  # fmt: skip
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"there is no folder {name}, and the hub did not give it ({reason}); check the name,"
            " and HF_TOKEN for a gated one; a copy on this disk can be named instead"
        ) from None
