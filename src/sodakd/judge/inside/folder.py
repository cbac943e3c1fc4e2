"""Folders that programs filled: their size, and how they are removed, however deep they are.

Nothing but the standard library is imported here.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator

from sodakd.judge.inside.box import FILES


def too_much(folder: str, most: int) -> bool:
    """Whether the files of a folder take more than so many bytes, are too many, or too deep.

    Too deep is what no path reaches: a program could hide anything there.
    """
    size = count = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                entries = list(found)
        except (FileNotFoundError, PermissionError):
            continue
        except OSError:  # its path is too long
            return True
        count += len(entries)
        if count > FILES:
            return True
        for entry in entries:
            with contextlib.suppress(OSError):
                seen = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(seen.st_mode):
                    folders.append(entry.path)
                else:
                    size += seen.st_blocks * 512
    return size > most


def remove_tree(path: str) -> None:
    """Remove a folder of which nobody else makes use, with all that is in it; follows no link.

    Folders within folders come up to the top before they are emptied, so no depth is too much. What
    cannot be removed stays.
    """
    mark, number = secrets.token_hex(8), 0
    with contextlib.suppress(OSError), _opened(path) as top:
        while True:
            before = number
            folders = _emptied(top)
            for name in folders:
                with contextlib.suppress(OSError), _opened(name, top) as inner:
                    for child in _emptied(inner):
                        number += 1
                        _give_rights(child, inner)
                        os.rename(child, f"{mark}{number}", src_dir_fd=inner, dst_dir_fd=top)
                    os.rmdir(name, dir_fd=top)
            if number == before:
                break
        os.rmdir(path)


@contextlib.contextmanager
def _opened(name: str, within: int | None = None) -> Iterator[int]:
    _give_rights(name, within)
    how = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = os.open(name, how, dir_fd=within)
    try:
        yield folder
    finally:
        os.close(folder)


def _give_rights(name: str, within: int | None) -> None:
    """Let us into a folder that may have no rights left; root needs none."""
    if os.geteuid() != 0:
        os.chmod(name, 0o700, dir_fd=within)


def _emptied(folder: int) -> list[str]:
    """Remove a folder's files; gives the names of its folders."""
    folders = []
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
                folders.append(name)
            else:
                os.unlink(name, dir_fd=folder)
    return folders
