"""A full disk as one clear error: the libraries that write weights hide it in errors of theirs."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failed write of weights or of an optimiser's state into an `OSError` on `folder`."""
    try:
        yield
    except SafetensorError as error:
        raise _failed(folder) from error
    except RuntimeError as error:
        if "PytorchStreamWriter" not in str(error) and "file write failed" not in str(error):
            raise
        raise _failed(folder) from error


def _failed(folder: Path) -> OSError:
    return OSError(errno.ENOSPC, "weights cannot be written", str(folder))
