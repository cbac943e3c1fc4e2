"""A folder that an export may write into: an empty one, or an earlier export of its kind."""

from pathlib import Path
from typing import Literal

from sodakd.errors import ExportError
from sodakd.report.card import MARK

CARD = "README.md"
Kind = Literal["model", "dataset"]
_OF_MODELS = "library_name: transformers"
"""Stands at the head of a model's card alone."""


def begin_folder(out: Path, kind: Kind) -> None:
    """Make the folder. The card is what is to be written into it first: it marks it as ours.

    Raises:
        ExportError: the folder holds files, and no card of an export of this kind; or it cannot be
            made.
    """
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file; name a folder: --out DIR")
    found = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    written = kind_of(out / CARD)
    if found and written != kind:
        holds = f"an export of a {written}" if written else "no export"
        raise ExportError(
            f"{out} holds other files ({', '.join(found[:3])}) and {holds}; name an empty folder,"
            f" or that of an earlier export of a {kind}: --out DIR"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"the folder {out} cannot be made: {error.strerror}; name another one: --out DIR"
        ) from None


def kind_of(card: Path) -> Kind | None:
    """What an export wrote this card for; None for a card of somebody else's, or no card."""
    if not card.is_file():
        return None
    text = card.read_text(encoding="utf-8", errors="replace")
    if MARK not in text:
        return None
    return "model" if _OF_MODELS in text.partition(MARK)[0] else "dataset"
