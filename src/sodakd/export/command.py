"""What `sodakd export` does: one student or one dataset, and where it goes from there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import ExportError
from sodakd.export.dataset import export_dataset
from sodakd.export.gguf import convert_to_gguf
from sodakd.export.hub import push
from sodakd.export.model import export_model


@dataclass(frozen=True)
class ExportJob:
    """What of which run goes where. Options of None are not wanted."""

    run: Path
    out: Path
    dataset: str | None = None
    provenance: bool = False
    licence: str | None = None
    gguf: str | None = None
    llama_cpp: Path | None = None
    gguf_python: Path | None = None
    repo_id: str | None = None
    private: bool = False


def export(wanted: ExportJob) -> Iterator[str]:
    """Write what is wanted; a line for each part as it is done.

    Raises:
        ExportError: the options do not go together, or a part cannot be done.
        RunError: the run's folder cannot be read.
    """
    if wanted.private and wanted.repo_id is None:
        raise ExportError("--private is for --push-to-hub")
    if wanted.dataset is not None:
        yield from _dataset(wanted, wanted.dataset)
        return
    if wanted.provenance:
        raise ExportError("--provenance is for --dataset")
    if wanted.gguf is None and (wanted.llama_cpp or wanted.gguf_python):
        raise ExportError("--llama-cpp and --gguf-python are for --gguf")
    title = wanted.repo_id.rpartition("/")[2] if wanted.repo_id else None
    folder = export_model(
        wanted.run, wanted.out, licence=wanted.licence, name=wanted.repo_id, title=title
    )
    yield f"the student, for transformers and vLLM: {folder}"
    if wanted.gguf is not None:
        file = convert_to_gguf(
            folder, wanted.gguf, llama_cpp=wanted.llama_cpp, python=wanted.gguf_python
        )
        yield f"for llama.cpp: {file}"
    if wanted.repo_id is not None:
        yield f"uploaded: {push(folder, wanted.repo_id, private=wanted.private)}"


def _dataset(wanted: ExportJob, form: str) -> Iterator[str]:
    if wanted.gguf is not None:
        raise ExportError("--gguf is for a student, not for --dataset")
    if wanted.repo_id is not None and wanted.out.suffix and not wanted.out.is_dir():
        raise ExportError("a dataset for the hub is a folder: --out DIR")
    done = export_dataset(
        wanted.run, wanted.out, form, provenance=wanted.provenance, licence=wanted.licence
    )
    yield f"{done.rows:,} rows: {done.file} (its card: {done.card})"
    if wanted.repo_id is not None:
        address = push(wanted.out, wanted.repo_id, private=wanted.private, kind="dataset")
        yield f"uploaded: {address}"
