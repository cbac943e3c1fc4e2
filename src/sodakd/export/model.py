"""`export_model`: a run's student as a folder that transformers and vLLM load, with its card."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RunError
from sodakd.export.folder import CARD, begin_folder
from sodakd.models.folder import GENERATION, ending_tokens
from sodakd.report.card import model_card
from sodakd.report.student import read_object, read_student, template_of
from sodakd.run import Run
from sodakd.store import sync_folder, write_whole
from sodakd.weights import check_weights

TEMPLATE = "chat_template.jinja"
_CHANGED = frozenset({"config.json", "tokenizer_config.json", GENERATION, CARD, TEMPLATE})
_OWN = frozenset({"tally.json"})
"""Files of the run in a student's folder, which are no part of the model."""
_KEPT_BACK = frozenset(
    {"auto_map", "_name_or_path", "name_or_path", "local_files_only", "is_local"}
)
_KINDS = frozenset({".safetensors", ".json", ".jinja", ".txt", ".model", ".md"})
_LEGAL = ("LICENSE", "LICENCE", "NOTICE")


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
    student = run / "student"
    read_student(student)
    finished = Run(run).done("student")
    if finished is None:
        raise RunError(f"{run} has no finished student: run it to its end")
    check_weights(student, finished.sha256, "student")
    begin_folder(out, "model")
    template = template_of(student)
    shown = name or out.resolve().name
    card = model_card(run, shown, has_template=template is not None, licence=licence, title=title)
    write_whole(out / CARD, card.encode())
    for path in sorted(student.iterdir()):
        if _is_of_model(path) and path.name not in _CHANGED:
            _copy(path, out / path.name)
    for path_name in ("config.json", "tokenizer_config.json"):
        path = student / path_name
        if path.is_file():
            _write_json(out / path_name, for_others(read_object(path)))
    if template is not None:
        write_whole(out / TEMPLATE, template.encode())
    _write_json(out / GENERATION, _generation(student))
    return out


def for_others(config: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A configuration without what names code to run, or this machine."""
    return {key: value for key, value in config.items() if key not in _KEPT_BACK}


def _generation(student: Path) -> dict[str, JsonValue]:
    """The tokens that begin and fill texts, and every one that ends an answer."""
    path = student / GENERATION
    config = read_object(path) if path.is_file() else {}
    kept = {key: config[key] for key in ("bos_token_id", "pad_token_id") if key in config}
    ends: list[JsonValue] = [*ending_tokens(student)]
    return {**kept, "eos_token_id": ends[0] if len(ends) == 1 else ends}


def _is_of_model(path: Path) -> bool:
    legal = path.name.upper().startswith(_LEGAL)
    return path.is_file() and path.name not in _OWN and (path.suffix in _KINDS or legal)


def _copy(source: Path, target: Path) -> None:
    """Copy a file of any size; it appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    sync_folder(target.parent)


def _write_json(path: Path, value: Mapping[str, JsonValue]) -> None:
    write_whole(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())
