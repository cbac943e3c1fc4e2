"""What a run's student folder says of itself: its shape, its size, its layout of questions."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RunError

_HEADER = 8
"""Bytes in front of a safetensors header: its length."""


@dataclass(frozen=True)
class Student:
    """A student's folder, as far as its files tell."""

    architecture: str
    parameters: int
    transformers: str
    context: int | None


def read_student(folder: Path) -> Student:
    """Read a folder of a model: its config, and the headers of its weights.

    Raises:
        RunError: the folder is no model's, or a file of it cannot be read.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise RunError(
            f"{folder} holds no safetensors: the run has no student yet; run it to its end"
        )
    config = read_object(folder / "config.json")
    architectures = config.get("architectures")
    named = architectures[0] if isinstance(architectures, list) and architectures else None
    context = config.get("max_position_embeddings")
    return Student(
        architecture=str(named or config.get("model_type") or "unknown"),
        parameters=sum(_parameters(path) for path in weights),
        transformers=str(config.get("transformers_version") or "unknown"),
        context=context if isinstance(context, int) else None,
    )


def read_object(path: Path) -> Mapping[str, JsonValue]:
    """A JSON object of a model's folder. Raises `RunError`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise RunError(f"{path} holds no object")
    return value


def _parameters(path: Path) -> int:
    """Numbers in a file of weights, from its header alone."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_HEADER), "little")
            header = json.loads(file.read(length))
            shapes = [one["shape"] for name, one in header.items() if name != "__metadata__"]
    except (OSError, ValueError, TypeError, KeyError, MemoryError, OverflowError) as error:
        raise RunError(f"{path} is no safetensors file: {error!r}") from None
    return sum(math.prod(shape) for shape in shapes)
