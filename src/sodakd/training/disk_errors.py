"""What libraries that write weights leave to be done: a full disk is said, and others may read."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sodakd.errors import SodakdError
from sodakd.inference.folder import CONFIG

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PROBE = 1 << 16
"""Bytes that a disk must take not to count as full: libraries leave what they wrote before."""


@contextmanager
def disk_errors_as_oserror(folder: Path) -> Iterator[None]:
    """Turn a write into `folder` that failed for want of room into an `OSError` on it.

    Writers of weights, of tokenizers and of an optimiser's state hide it in errors of their own,
    whose words say nothing of a disk.
    """
    try:
        yield
    except (OSError, SodakdError):
        raise
    except Exception as error:  # each library's own: whether it was the disk is for the disk to say
        lacks = errno.ENOSPC if "No space left" in str(error) else _lack_of_room(folder)
        if lacks is None:
            raise
        raise OSError(lacks, "weights cannot be written", str(folder)) from error


def share_files(folder: Path) -> None:
    """Make a folder's weights as readable as its config: safetensors writes for its owner alone."""
    mode = (folder / CONFIG).stat().st_mode
    for path in folder.glob("*.safetensors"):
        path.chmod(mode)


def _lack_of_room(folder: Path) -> int | None:
    """The error of a disk that takes nothing more, or None."""
    probe = folder / ".room"
    try:
        with probe.open("wb") as file:
            file.write(bytes(_PROBE))
    except OSError as error:
        return error.errno if error.errno in _FULL else None
    finally:
        probe.unlink(missing_ok=True)
    return None
