"""`export_model`: a run's student as a folder that transformers and vLLM load, with its card."""

from pathlib import Path

from sodakd.errors import RunError
from sodakd.export.folder import CARD, begin_folder
from sodakd.inference.folder import template_of
from sodakd.inference.folder_facts import read_facts
from sodakd.inference.portable import write_portable
from sodakd.jsonl import atomic_write
from sodakd.report.card import model_card
from sodakd.report.reading import read_header
from sodakd.run import Run
from sodakd.weights import check_weights


def export_model(
    run: Path,
    out: Path,
    *,
    licence: str | None = None,
    name: str | None = None,
    title: str | None = None,
) -> Path:
    """Write a run's student into the folder `out`, with a model card, and return the folder.

    Weights, tokenizer and chat template are those of the training, byte for byte; the weights are
    seen to be the ones that the run wrote. Of the generation config the tokens that begin, end and
    fill a text are kept. Taken out is what would make a loader run code (`auto_map`); files of code
    are not copied.

    Args:
        licence: an id that the hub knows, for the card; `unknown` if left out.
        name: what the card's quick start loads: an id of the hub. The folder's name if left out.
        title: the card's heading; the name if left out.

    Raises:
        RunError: the folder is no run, has no student yet, or not the one that the run wrote.
        ExportError: `out` holds other files, or cannot be made.
    """
    read_header(run)
    student = run / "student"
    read_facts(student)
    finished = Run(run).done("student")
    if finished is None:
        raise RunError(f"{run} has no finished student: run it to its end")
    check_weights(student, finished.sha256, "student")
    begin_folder(out, "model")
    shown = name or out.resolve().name
    card = model_card(
        run, shown, has_template=template_of(student) is not None, licence=licence, title=title
    )
    atomic_write(out / CARD, card.encode())
    write_portable(student, out)
    return out
