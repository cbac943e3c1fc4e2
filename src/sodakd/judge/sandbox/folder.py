"""Folders that programs filled: their size, and how they are removed, however deep they are."""

import contextlib
import os
import stat

from sodakd.judge.sandbox.sandbox import FILES


def over_disk_quota(folder: str, most: int) -> bool:
    """Whether the files of a folder take more than so many bytes, are too many, or too deep.

    Too deep is what no path reaches: a program could hide anything there.
    """
    size = count = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                for entry in found:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
        except (FileNotFoundError, PermissionError):
            continue  # it was removed as we looked, or nobody may see what is in it
        except OSError:  # its path is too long
            return True
        if count > FILES:
            return True
    return size > most


def remove_tree(path: str) -> None:
    """Remove a folder of which nobody else makes use, with all that is in it; follows no link.

    No depth is too much: one folder is open at a time, and none is named by its path. What cannot
    be removed stays.
    """
    with contextlib.suppress(OSError):
        here = _open(path)
        names: list[str] = []
        left = [_emptied(here)]
        try:
            while left:
                if left[-1]:
                    name = left[-1].pop()
                    with contextlib.suppress(OSError):
                        here = _exchanged(here, _open(name, here))
                        names.append(name)
                        left.append(_emptied(here))
                    continue
                left.pop()
                if names:
                    here = _exchanged(here, os.open("..", _FOLDER, dir_fd=here))
                    with contextlib.suppress(OSError):
                        os.rmdir(names.pop(), dir_fd=here)
        finally:
            os.close(here)
        os.rmdir(path)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _open(name: str, within: int | None = None) -> int:
    """A folder that may have no rights left; root needs none."""
    if os.geteuid() != 0:
        os.chmod(name, 0o700, dir_fd=within)
    return os.open(name, _FOLDER, dir_fd=within)


def _exchanged(folder: int, other: int) -> int:
    os.close(folder)
    return other


def _emptied(folder: int) -> list[str]:
    """Remove a folder's files; gives the names of its folders."""
    folders, names = [], []
    with contextlib.suppress(OSError):
        names = os.listdir(folder)
    for name in names:
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
                folders.append(name)
            else:
                os.unlink(name, dir_fd=folder)
    return folders
