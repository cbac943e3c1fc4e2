"""The Hugging Face hub: a model's folder from it; what it refuses is an error of ours."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sodakd.errors import ModelError, SodakdError

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
    with asking_hub(ModelError, f"there is no folder {name}", extra="train"):
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, revision=revision, allow_patterns=list(_WANTED)))


@contextmanager
def asking_hub(
    kind: type[SodakdError],
    why: str,
    *,
    extra: str,
    instead: str = "a copy on this disk can be named instead",
) -> Iterator[None]:
    """Ask the hub inside: huggingface_hub is there, and what it raises is an error of this `kind`.

    `why` says why the hub is asked, `extra` which extra of ours brings huggingface_hub, `instead`
    what can be done without the hub.
    """
    # Before the import, which reads it: nobody is told who fetches what, and with which tools.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise kind(
            f"{why}, and to ask the hub huggingface_hub is needed: pip install 'sodakd[{extra}]';"
            f" {instead}"
        ) from None
    # Where there was no answer, its HTTP client's own error comes through: the base of the hub's.
    no_answer: type[Exception] = HfHubHTTPError.__mro__[1]
    try:
        yield
    except (HFValidationError, OSError, no_answer) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise kind(
            f"{why}, and the hub did not give it ({reason}); check the name, the network, and"
            f" HF_TOKEN where it is gated; {instead}"
        ) from None
