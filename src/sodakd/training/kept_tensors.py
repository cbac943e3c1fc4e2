"""Tensors beside a training's checkpoints: computed once, so that it goes on with the same."""

from collections.abc import Callable, Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sodakd.jsonl import atomic_write


def kept_tensors(
    file: Path, identity: str, compute: Callable[[], dict[str, Tensor]]
) -> Mapping[str, Tensor]:
    """The tensors that `file` has of the training of this identity; else computed, and kept there.

    A file that cannot be read is computed again.
    """
    found = _read(file, identity)
    if found is None:
        found = compute()
        atomic_write(file, save(found, {"identity": identity}))
    return found


def _read(file: Path, identity: str) -> dict[str, Tensor] | None:
    if not file.exists():
        return None
    try:
        with safe_open(file, "pt") as kept:
            if kept.metadata() != {"identity": identity}:
                return None
            return {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
    except SafetensorError:
        return None
