"""What a model's folder says of itself: its kind, its size, its context."""

import math
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RunError
from sodakd.inference.folder import read_config
from sodakd.json_text import parse_json

_HEADER = 8
"""Bytes in front of a safetensors header: its length."""


@dataclass(frozen=True)
class FolderFacts:
    """A model's folder, as far as its files tell. `bytes` are those of its weights."""

    architecture: str
    parameters: int
    bytes: int
    transformers: str
    context: int | None


def read_facts(folder: Path) -> FolderFacts:
    """Read a folder of a model: its config, and the headers of its weights.

    Raises:
        RunError: the folder is no model's, or its weights cannot be read.
        ModelError: its config cannot be read.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise RunError(
            f"{folder} holds no safetensors: the run has no student yet; run it to its end"
        )
    config = read_config(folder / "config.json")
    architectures = config.get("architectures")
    named = architectures[0] if isinstance(architectures, list) and architectures else None
    context = config.get("max_position_embeddings")
    return FolderFacts(
        architecture=str(named or config.get("model_type") or "unknown"),
        parameters=sum(_parameters(path) for path in weights),
        bytes=sum(path.stat().st_size for path in weights),
        transformers=str(config.get("transformers_version") or "unknown"),
        context=context if isinstance(context, int) else None,
    )


def _parameters(path: Path) -> int:
    """Numbers in a file of weights, from its header alone."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_HEADER), "little")
            header = parse_json(file.read(length))
    except (OSError, ValueError, MemoryError, OverflowError) as error:
        raise RunError(f"{path} is no safetensors file: {error!r}") from None
    tensors = header.items() if isinstance(header, dict) else ()
    return sum(_numbers(value) for name, value in tensors if name != "__metadata__")


def _numbers(tensor: JsonValue) -> int:
    """How many numbers an entry of the header stands for; one of another form stands for none."""
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    sizes = shape if isinstance(shape, list) else [0]
    return math.prod(size if isinstance(size, int) else 0 for size in sizes)
