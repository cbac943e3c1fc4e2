"""Where a model computes, and in which precision."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sodakd.errors import ModelError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def resolve_device(name: str | None, keys: str = "generation.") -> torch.device:
    """A device by name; cuda where there is one, else cpu, if None. `keys` begins setting names.

    Raises:
        ModelError: there is no such device here.
    """
    chosen = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(chosen)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(
            f"the device {chosen!r} cannot be used: {first}; leave {keys}device out, or name"
            " one of this machine: cpu, cuda, cuda:1"
        ) from error
    return device


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them."""
    count = torch.cuda.device_count()
    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return named[:count] if named else [str(number) for number in range(count)]


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Have torch compute with so many threads for a while: the number is the process's."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free_memory() -> None:
    """Give a GPU's unused memory back, so that another process can have it."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
