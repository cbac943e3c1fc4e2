"""`convert_to_gguf`: an exported folder as a GGUF file, by llama.cpp's own programs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.errors import ExportError

CONVERTER = "convert_hf_to_gguf.py"
QUANTIZER = "llama-quantize"
DIRECT = ("auto", "f32", "f16", "bf16", "q8_0", "tq1_0", "tq2_0")
"""Types that the converter writes; any other is made from its 16-bit file by the quantizer."""
_GET = (
    "get llama.cpp (git clone https://github.com/ggml-org/llama.cpp), install what its converter"
    " needs (pip install -r llama.cpp/requirements/requirements-convert_hf_to_gguf.txt, best in an"
    " environment of its own), and name both: --llama-cpp DIR --gguf-python DIR/bin/python"
)
_WHY: Mapping[str, str] = {
    "BPE pre-tokenizer was not recognized": (
        "llama.cpp does not know this student's tokenizer: it tells tokenizers by a hash of what"
        " they make of a text, and knows those of published models alone. A student that was made"
        " from scratch has a tokenizer of its own; one made from a published base keeps its base's"
    ),
    "is not supported": "llama.cpp does not know this architecture; a newer llama.cpp may",
    "No module named": (
        "the converter's Python lacks a package; name one that has it: --gguf-python PATH"
    ),
}
"""What the converter says, and what it means."""


def convert_to_gguf(
    folder: Path,
    kind: str = "auto",
    *,
    llama_cpp: Path | None = None,
    python: Path | None = None,
) -> Path:
    """Write `FOLDER/NAME-TYPE.gguf` from an exported folder, and return its path.

    Args:
        folder: as `export_model` writes it.
        kind: a type of the converter (`DIRECT`), or one that llama-quantize knows (`Q4_K_M`).
        llama_cpp: llama.cpp's folder; the environment variable `LLAMA_CPP`, or the programs on
            `PATH`, if left out.
        python: what runs the converter; this Python if left out.

    Raises:
        ExportError: llama.cpp is not there, or refuses the model; says what it said.
    """
    root = llama_cpp or (Path(os.environ["LLAMA_CPP"]) if os.environ.get("LLAMA_CPP") else None)
    converter = _converter(root)
    direct = kind.lower() in DIRECT
    quantizer = None if direct else _quantizer(root, kind)
    name = folder.resolve().name
    out = folder / f"{name}-{kind}.gguf"
    part, middle = folder / f"{name}.gguf.part", folder / f"{name}.16.gguf.part"
    first = part if direct else middle
    outtype = kind.lower() if direct else "auto"
    try:
        _run(
            [str(python or sys.executable), str(converter), str(folder), "--outfile", str(first),
             "--outtype", outtype, "--model-name", name],
            other_python=python is not None,
        )  # fmt: skip
        if quantizer is not None:
            _run([str(quantizer), str(middle), str(part), kind.upper()], other_python=False)
        if not part.is_file():
            raise ExportError(f"{converter} ended well and wrote no {part.name}")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
        middle.unlink(missing_ok=True)
    return out


def _converter(root: Path | None) -> Path:
    if root is not None:
        path = root / CONVERTER
        if not path.is_file():
            raise ExportError(f"{root} has no {CONVERTER}, so it is no llama.cpp: {_GET}")
        return path
    found = shutil.which(CONVERTER)
    if found is None:
        raise ExportError(
            f"GGUF is written by llama.cpp's {CONVERTER}, which is neither on PATH nor named by"
            f" LLAMA_CPP: {_GET}"
        )
    return Path(found)


def _quantizer(root: Path | None, kind: str) -> Path:
    folders = [] if root is None else [root / "build" / "bin", root / "bin", root]
    found = next((shutil.which(QUANTIZER, path=str(path)) for path in folders), None)
    found = found or shutil.which(QUANTIZER)
    if found is None:
        raise ExportError(
            f"the type {kind} is made by llama.cpp's {QUANTIZER}, which is not built: build it"
            " (cmake -B build && cmake --build build --target llama-quantize in llama.cpp's"
            f" folder), or choose one that needs no other program: {', '.join(DIRECT)}"
        )
    return Path(found)


def _run(command: Sequence[str], *, other_python: bool) -> None:
    """Run a program of llama.cpp, off line. Raises `ExportError` with what it said."""
    own = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    inherited = dict(os.environ)
    if other_python:  # its packages are its own
        inherited = {name: value for name, value in inherited.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False,
            env={**inherited, **own},
        )  # fmt: skip
    except OSError as error:
        raise ExportError(f"{command[0]} cannot be run: {error}") from None
    if done.returncode == 0:
        return
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    why = next((words for mark, words in _WHY.items() if any(mark in line for line in said)), None)
    last = said[-1].strip() if said else f"exit code {done.returncode}"
    raise ExportError(
        f"{Path(command[1] if command[1].endswith('.py') else command[0]).name} failed: {last}"
        + (f"\n{why}" if why else "")
    )
