"""Files that a user names to be written: where they would do harm, that is said before any work."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sodakd.errors import DataError

_PART = ".part"
_SYSTEM = (Path("/dev"), Path("/proc"))


def part_of(path: Path) -> Path:
    """The file beside another that is written first, and then takes its name."""
    return path.with_name(path.name + _PART)


def check_regular(path: Path) -> None:
    """Make sure that a file can be put in the place of what stands at a path.

    A file appears whole because it is renamed, which would remove a pipe or a device.

    Raises:
        DataError: a pipe, a device or a socket stands there, or a link of the system to one.
    """
    link = path.is_symlink() and any(map(path.parent.resolve().is_relative_to, _SYSTEM))
    if path.exists() and (link or not (path.is_file() or path.is_dir())):
        raise DataError(
            f"{path} is a pipe or a device, and a file would take its place: name a file"
        )


def check_outputs(outs: Mapping[str, Path | None], read: Iterable[Path] = ()) -> None:
    """Make sure that the files which options name can be written, and that no input is lost.

    `read` are the files and folders that the command reads.

    Raises:
        DataError: an option names a folder, what is no file, a place in a file, what is read or
            lies in it, or the file of another option.
    """
    named = {name: out for name, out in outs.items() if out is not None}
    inputs = list(read)
    for name, out in named.items():
        _check_place(out, name)
        check_unread(out, inputs, name)
    places: dict[Path, str] = {}
    for name, out in named.items():
        other = places.setdefault(out.resolve(), name)
        if other != name:
            raise DataError(f"{out} is named twice, by {other} and {name}: each needs its own file")


def check_unread(out: Path, read: Iterable[Path], name: str = "--out") -> None:
    """Make sure that a file to write is none of those that are read, nor lies in such a folder.

    Raises:
        DataError: it is, or does.
    """
    for given in read:
        if given.exists():
            _check_unread(out, given, name)


def _check_unread(out: Path, given: Path, name: str) -> None:
    for written in (out, part_of(out)):
        same = written.exists() and written.samefile(given)
        if same or written.resolve() == given.resolve():
            raise DataError(f"{name} is {given} itself, which is read: choose another file")
    if out.resolve().is_relative_to(given.resolve()):
        raise DataError(f"{name} lies in {given}, which is read: choose another folder")


def _check_place(out: Path, name: str) -> None:
    if out.is_dir():
        raise DataError(f"{name} {out} is a folder: name a file")
    check_regular(out)
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir():
        raise DataError(f"{name} {out} would lie in {above}, which is no folder: name another file")
