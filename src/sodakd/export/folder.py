"""A folder that an export may write into: an empty one, or that of an earlier export."""

from pathlib import Path

from sodakd.errors import ExportError
from sodakd.report.card import MARK

CARD = "README.md"


def begin_folder(out: Path) -> None:
    """Make the folder. The card is what is to be written into it first: it marks it as ours.

    Raises:
        ExportError: the folder holds files, and no card of an export; or it is a file.
    """
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file; name a folder: --out DIR")
    found = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if found and not is_ours(out / CARD):
        raise ExportError(
            f"{out} holds other files ({', '.join(found[:3])}) and no export; name an empty folder,"
            " or that of an earlier export: --out DIR"
        )
    out.mkdir(parents=True, exist_ok=True)


def is_ours(card: Path) -> bool:
    """Whether a card was written by an export."""
    return card.is_file() and MARK in card.read_text(encoding="utf-8", errors="replace")
