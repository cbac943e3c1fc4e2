"""GGUF: llama.cpp's own programs, with what they need to be told; and what they say, in words."""

import os
import stat
from pathlib import Path

import pytest

from sodakd.errors import ExportError
from sodakd.export.gguf import CONVERTER, QUANTIZER, convert_to_gguf

CONVERTS = """
import pathlib, sys, os
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
pathlib.Path(arguments["--outfile"]).write_text(
    f"{arguments['--outtype']} {arguments['--model-name']} {os.environ['HF_HUB_OFFLINE']}"
)
"""
QUANTIZES = """#!/bin/sh
echo "$3 of $(cat "$1")" > "$2"
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLAMA_CPP", raising=False)


def llama_cpp(folder: Path, program: str) -> Path:
    """A folder with a stand-in for the converter, which is as it is called."""
    folder.mkdir(exist_ok=True)
    (folder / CONVERTER).write_text(program, encoding="utf-8")
    return folder


def test_without_llama_cpp_the_error_says_how_to_get_it(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        ExportError, match=r"neither on PATH nor named by LLAMA_CPP: get llama\.cpp"
    ):
        convert_to_gguf(model)
    with pytest.raises(ExportError, match=f"has no {CONVERTER}"):
        convert_to_gguf(model, llama_cpp=model)


def test_the_converter_is_found_by_option_variable_and_path(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = llama_cpp(tmp_path / "llama.cpp", CONVERTS)
    named = convert_to_gguf(model, "q8_0", llama_cpp=root)
    assert (named.name, named.read_text()) == ("student-q8_0.gguf", "q8_0 student 1")
    monkeypatch.setenv("LLAMA_CPP", str(root))
    assert convert_to_gguf(model).read_text() == "auto student 1"
    monkeypatch.delenv("LLAMA_CPP")
    (root / CONVERTER).chmod(0o755)
    monkeypatch.setenv("PATH", str(root))
    assert convert_to_gguf(model, "F16").read_text() == "f16 student 1"


def test_other_types_are_made_by_the_quantizer(model: Path, tmp_path: Path) -> None:
    root = llama_cpp(tmp_path / "llama.cpp", CONVERTS)
    with pytest.raises(ExportError, match=r"Q4_K_M is made by llama\.cpp's llama-quantize"):
        convert_to_gguf(model, "Q4_K_M", llama_cpp=root)
    program = root / "build" / "bin" / QUANTIZER
    program.parent.mkdir(parents=True)
    program.write_text(QUANTIZES, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    out = convert_to_gguf(model, "Q4_K_M", llama_cpp=root)
    assert out.read_text() == "Q4_K_M of auto student 1\n"
    assert [path.name for path in model.iterdir()] == ["student-Q4_K_M.gguf"]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            "raise NotImplementedError('BPE pre-tokenizer was not recognized - update it')",
            r"NotImplementedError: BPE.*\n.*does not know this student's tokenizer",
        ),
        ("import sys; sys.exit('Error: Model XForCausalLM is not supported')", "architecture"),
        ("import no_such_package", "--gguf-python"),
        ("raise SystemExit(3)", "failed: exit code 3"),
        ("", "ended well and wrote no"),
    ],
)
def test_what_the_converter_says_is_told_in_words(
    model: Path, tmp_path: Path, program: str, says: str
) -> None:
    root = llama_cpp(tmp_path / "llama.cpp", program)
    with pytest.raises(ExportError, match=says):
        convert_to_gguf(model, llama_cpp=root)
    assert list(model.iterdir()) == []


def test_a_python_that_is_not_there_is_named(model: Path, tmp_path: Path) -> None:
    root = llama_cpp(tmp_path / "llama.cpp", CONVERTS)
    with pytest.raises(ExportError, match="no-python cannot be run"):
        convert_to_gguf(model, llama_cpp=root, python=tmp_path / "no-python")


REAL = os.environ.get("LLAMA_CPP", "")
PYTHON = os.environ.get("LLAMA_CPP_PYTHON", "")


@pytest.mark.toolchain
@pytest.mark.skipif(not (REAL and PYTHON), reason="LLAMA_CPP and LLAMA_CPP_PYTHON are not set")
def test_the_real_converter_refuses_a_tokenizer_of_our_own(
    finished_run: Path, tmp_path: Path
) -> None:
    from sodakd.export.model import export_model

    out = export_model(finished_run, tmp_path / "student")
    with pytest.raises(ExportError, match="does not know this student's tokenizer"):
        convert_to_gguf(out, "f32", llama_cpp=Path(REAL), python=Path(PYTHON))
