"""`export_dataset`: the pairs of a run as a file for other trainers, with its card."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import ExportError
from sodakd.export.folder import CARD, begin_folder, kind_of
from sodakd.export.formats import FORMATS, Format, Row, TrainingRow, rows_of
from sodakd.jsonl import atomic_write
from sodakd.outputs import check_unread
from sodakd.report.dataset_card import dataset_card
from sodakd.report.reading import Folder, read_folder

INFO = "dataset_info.json"


@dataclass(frozen=True)
class Exported:
    """What was written: the file of rows, the card beside it, and how many rows."""

    file: Path
    card: Path
    rows: int


def export_dataset(
    run: Path,
    out: Path,
    form: str,
    *,
    provenance: bool = False,
    licence: str | None = None,
) -> Exported:
    """Write the pairs that a run's first arm learnt from, in their order, each once, with a card.

    `out` is a file (`.jsonl`, `.json`, `.parquet`: the card is `STEM.md` beside it), or a folder
    (`train.jsonl` and `README.md`, as the hub has it). Forms of LLaMA-Factory add their entry to
    the `dataset_info.json` beside the file.

    Args:
        form: a name of `FORMATS`.
        provenance: also write question id, language, source, level, student and kind of fault.
        licence: an id that the hub knows, for the card; `unknown` if left out.

    Raises:
        RunError: the folder is no run, or a row of it cannot be read.
        ExportError: the form or the file's kind is unknown, or the run has nothing to write.
        DataError: the file is one of the run's own.
    """
    chosen = FORMATS.get(form)
    if chosen is None:
        raise ExportError(f"unknown format {form!r}; known: {', '.join(FORMATS)}")
    as_folder = out.is_dir() or not out.suffix
    file = out / "train.jsonl" if as_folder else out
    write = WRITERS.get(file.suffix)
    if write is None:
        raise ExportError(
            f"{out} is of no kind that is written here; known: {', '.join(WRITERS)}, or a folder"
        )
    folder = read_folder(run)
    rows = rows_of(training_rows(folder), chosen, provenance=provenance)
    if not rows:
        raise ExportError(
            f"{run} has no {'pairs' if chosen.pairwise else 'answers'} to write yet"
            + (": for a run without faults choose the format messages" if chosen.pairwise else "")
        )
    card = file.with_name(CARD if as_folder else f"{file.stem}.md")
    if as_folder:
        begin_folder(out, "dataset")
    elif card.exists() and kind_of(card) != "dataset":
        raise ExportError(f"{card} would be the card, and is somebody else's; name another --out")
    elif not card.exists():
        check_unread(file, run.rglob("*"))
    words = dataset_card(folder, file.name, form, chosen.words, rows, licence)
    atomic_write(card, words.encode())
    atomic_write(file, write(rows))
    if chosen.info is not None:
        _add_info(file, chosen)
    return Exported(file, card, len(rows))


def training_rows(folder: Folder) -> list[TrainingRow]:
    """Return what the first arm's students learnt from: pairs, or right answers alone."""
    pairs = [
        TrainingRow(
            prompt=pair.question.text,
            chosen=pair.chosen,
            rejected=pair.rejected,
            question_id=pair.question.id,
            language=pair.question.language,
            source=pair.question.source,
            level=pair.question.level,
            fault=pair.fault.value if pair.fault else None,
            student=row.name,
        )
        for row in folder.own
        for pair in row.pairs
    ]
    return pairs or [
        TrainingRow(
            prompt=each.prompt, chosen=each.code, rejected=None, question_id=each.question_id,
            language=None, source="", level=None, fault=None, student=row.name,
        )
        for row in folder.own
        for each in row.solutions
    ]  # fmt: skip


def _json(value: Row | Sequence[Row], indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _parquet(rows: Sequence[Row]) -> bytes:
    try:
        from pyarrow import Table
        from pyarrow.parquet import write_table
    except ImportError:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed: pip install 'sodakd[data]'; or name a"
            " .jsonl file"
        ) from None
    content = BytesIO()
    write_table(Table.from_pylist([dict(row) for row in rows]), content)
    return content.getvalue()


WRITERS: Mapping[str, Callable[[Sequence[Row]], bytes]] = {
    ".jsonl": lambda rows: "".join(f"{_json(row)}\n" for row in rows).encode(),
    ".json": lambda rows: _json(rows, indent=1).encode(),
    ".parquet": _parquet,
}


def _add_info(file: Path, form: Format) -> None:
    """Add the file to the `dataset_info.json` beside it, and leave its other entries alone."""
    path = file.with_name(INFO)
    known: JsonValue = {}
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ExportError(
                f"{path} is no JSON, so the dataset cannot be added: {error}"
            ) from None
    if not isinstance(known, dict):
        raise ExportError(f"{path} holds no object, so the dataset cannot be added to it")
    info = {**known, file.stem: {"file_name": file.name, **(form.info or {})}}
    atomic_write(path, (json.dumps(info, indent=2, ensure_ascii=False) + "\n").encode())
