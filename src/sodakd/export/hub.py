"""`push`: a folder to a repository of the Hugging Face hub, as transformers' `push_to_hub` does."""

import os
from pathlib import Path
from typing import Literal

from sodakd.errors import ExportError

RepoType = Literal["model", "dataset"]
_IGNORED = ("*.part", "lock")


def push(folder: Path, repo_id: str, *, private: bool = False, kind: RepoType = "model") -> str:
    """Upload a folder to a repository, which is made if there is none, and return its address.

    The token is that of `HF_TOKEN`, or the one that `hf auth login` has kept. Files of the
    repository that the folder does not have stay as they are. Nothing else is told to the hub.

    Raises:
        ExportError: huggingface_hub or a token is missing, or the hub refuses.
    """
    # Before the import, which reads it.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise ExportError(
            "to upload to the hub huggingface_hub is needed: pip install 'sodakd[data]'"
        ) from None
    token = get_token()
    if token is None:
        raise ExportError(
            "the hub wants a token, and there is none: set HF_TOKEN to one that may write (from"
            " https://huggingface.co/settings/tokens)"
        )
    # Where there was no answer, its HTTP client's own error comes through: the base of the hub's.
    no_answer: type[Exception] = HfHubHTTPError.__mro__[1]
    api = HfApi(token=token)
    try:
        made = api.create_repo(repo_id, private=private, repo_type=kind, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id,
            repo_type=kind,
            folder_path=folder,
            ignore_patterns=list(_IGNORED),
            commit_message="Upload with sodakd",
        )
    except (HFValidationError, OSError, RuntimeError, ValueError, no_answer) as error:
        reason = " ".join(str(error).split())[:300].replace(token, "HF_TOKEN")
        raise ExportError(
            f"{repo_id} was not uploaded ({type(error).__name__}: {reason}); check the name, that"
            f" HF_TOKEN may write there, and the network. The folder is whole: {folder}"
        ) from None
    return str(made)
