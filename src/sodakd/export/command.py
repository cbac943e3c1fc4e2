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
class Options:
    """The options of the command. Those of None are not wanted."""

    dataset: str | None = None
    provenance: bool = False
    licence: str | None = None
    gguf: str | None = None
    llama_cpp: Path | None = None
    gguf_python: Path | None = None
    repo_id: str | None = None
    private: bool = False


@dataclass(frozen=True)
class ExportJob:
    """What of which run goes where."""

    run: Path
    out: Path
    options: Options = Options()


def export(wanted: ExportJob) -> Iterator[str]:
    """Write what is wanted; a line for each part as it is done.

    Raises:
        ExportError: the options do not go together, or a part cannot be done.
        RunError: the run's folder cannot be read.
    """
    options = wanted.options
    if options.private and options.repo_id is None:
        raise ExportError("--private is for --push-to-hub")
    if options.dataset is not None:
        yield from _dataset(wanted, options.dataset)
        return
    if options.provenance:
        raise ExportError("--provenance is for --dataset")
    if options.gguf is None and (options.llama_cpp or options.gguf_python):
        raise ExportError("--llama-cpp and --gguf-python are for --gguf")
    title = options.repo_id.rpartition("/")[2] if options.repo_id else None
    folder = export_model(
        wanted.run, wanted.out, licence=options.licence, name=options.repo_id, title=title
    )
    yield f"the student, for transformers and vLLM: {folder}"
    if options.gguf is not None:
        file = convert_to_gguf(
            folder, options.gguf, llama_cpp=options.llama_cpp, python=options.gguf_python
        )
        yield f"for llama.cpp: {file}"
    if options.repo_id is not None:
        yield f"uploaded: {push(folder, options.repo_id, private=options.private)}"


def _dataset(wanted: ExportJob, form: str) -> Iterator[str]:
    options = wanted.options
    if options.gguf is not None:
        raise ExportError("--gguf is for a student, not for --dataset")
    if options.repo_id is not None and wanted.out.suffix and not wanted.out.is_dir():
        raise ExportError("a dataset for the hub is a folder: --out DIR")
    done = export_dataset(
        wanted.run, wanted.out, form, provenance=options.provenance, licence=options.licence
    )
    yield f"{done.rows:,} rows: {done.file} (its card: {done.card})"
    if options.repo_id is not None:
        address = push(wanted.out, options.repo_id, private=options.private, kind="dataset")
        yield f"uploaded: {address}"
