"""Weights are known by their content: their hashes, and files that hold them under two names."""

import hashlib
import os
import shutil
from pathlib import Path

from sodakd.errors import RunError

_KNOWN: dict[tuple[int, int, int, int], str] = {}
"""Hashes of this process by device, inode, size and time of change: weights are read once."""


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file. Raises `RunError` where it is missing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None


def hash_weights(folder: Path) -> str:
    """Return the hash of a model's weights: of its one file, or of its shards' hashes in order.

    Raises:
        RunError: there are none, or one is a link to a file that is gone.
    """
    hashes = [_hash_once(path) for path in sorted(folder.glob("*.safetensors"))]
    if not hashes:
        raise RunError(f"{folder} holds no weights: *.safetensors is missing")
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def check_weights(folder: Path, sha256: str, step: str) -> None:
    """Make sure that a folder holds the weights that a step wrote, before anybody uses them.

    Raises:
        RunError: they are missing, cut off, or others.
    """
    advice = f"restore it, or drop the step: --from {step}"
    if not folder.is_dir():
        raise RunError(f"{folder} is missing; {advice}")
    try:
        found = hash_weights(folder)
    except RunError as error:
        raise RunError(f"{error}; {advice}") from None
    if found != sha256:
        raise RunError(
            f"{folder} does not hold the weights that step {step} wrote: the hash of its"
            f" safetensors is {found[:12]}..., and was {sha256[:12]}...; {advice}"
        )


def link_or_copy(path: Path, to: Path) -> None:
    """The same file under another name: weights take room once, where the disk can do that.

    No symbolic link: either folder can be moved, copied or removed without the other.
    """
    to.unlink(missing_ok=True)
    try:
        os.link(path.resolve(), to)
    except OSError:
        shutil.copy2(path, to)


def _hash_once(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if key not in _KNOWN:
        _KNOWN[key] = hash_file(path)
    return _KNOWN[key]
