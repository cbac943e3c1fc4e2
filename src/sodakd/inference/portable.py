"""A student's folder as others load it: no code, no place of this machine, nothing of the run."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from sodakd.inference.folder import GENERATION, TEMPLATE, ending_tokens, read_config, template_of
from sodakd.jsonl import atomic_write, fsync_dir

_OWN = frozenset({"tally.json"})
"""Files of the run in a student's folder, which are no part of the model."""
_CHANGED = frozenset({"config.json", "tokenizer_config.json", GENERATION, TEMPLATE, "README.md"})
_KEPT_BACK = frozenset(
    {"auto_map", "_name_or_path", "name_or_path", "local_files_only", "is_local"}
)
_KINDS = frozenset({".safetensors", ".json", ".jinja", ".txt", ".model", ".md"})
_LEGAL = ("LICENSE", "LICENCE", "NOTICE")


def write_portable(student: Path, out: Path) -> None:
    """Write a student into the folder `out`, which is there: weights and tokenizer byte for byte.

    Raises:
        ModelError: a file of the student cannot be read.
    """
    for path in sorted(student.iterdir()):
        if _is_of_model(path) and path.name not in _CHANGED:
            _copy(path, out / path.name)
    for name in ("config.json", "tokenizer_config.json"):
        path = student / name
        if path.is_file():
            _write_json(out / name, _for_others(read_config(path)))
    template = template_of(student)
    if template is not None:
        atomic_write(out / TEMPLATE, template.encode())
    _write_json(out / GENERATION, _generation(student))


def _for_others(config: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A configuration without what names code to run, or this machine."""
    return {key: value for key, value in config.items() if key not in _KEPT_BACK}


def _generation(student: Path) -> dict[str, JsonValue]:
    """The tokens that begin and fill texts, and every one that ends an answer."""
    path = student / GENERATION
    config = read_config(path) if path.is_file() else {}
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
    fsync_dir(target.parent)


def _write_json(path: Path, value: Mapping[str, JsonValue]) -> None:
    atomic_write(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())
