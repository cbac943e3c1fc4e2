"""What an install without extras can do: everything but train and generate, which says why.

numpy is there: duplicates are found with it.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tiny import ROOT, command, sodakd, write_recipe

WITHOUT = (
    "torch", "transformers", "accelerate", "tokenizers", "safetensors", "jaxtyping",
    "pyarrow", "huggingface_hub", "ray",
)  # fmt: skip
HIDE = f"""
import importlib.machinery

class Core(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT!r}:
            return None
        return importlib.machinery.PathFinder.find_spec(name, path, target)

import sys
sys.meta_path = [Core if each is importlib.machinery.PathFinder else each for each in sys.meta_path]
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Python finds none of the extras' packages."""
    folder = tmp_path_factory.mktemp("core")
    (folder / "sitecustomize.py").write_text(HIDE)
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, whose report may be written."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))


@pytest.mark.toolchain
def test_the_extras_are_hidden(core: dict[str, str]) -> None:
    lines = dict(line.split(None, 1) for line in sodakd("env", **core).stdout.splitlines())
    assert lines["sodakd"]
    code = "import importlib.util as u, sys; sys.exit(any(map(u.find_spec, sys.argv[1:])))"
    done = subprocess.run(
        [*command()[:1], "-c", code, *WITHOUT], env={**os.environ, **core}, check=False
    )
    assert done.returncode == 0


def test_check_says_what_a_run_would_miss_and_passes_a_right_recipe(
    core: dict[str, str], tmp_path: Path
) -> None:
    done = sodakd("check", str(write_recipe(tmp_path)), **core)
    assert done.returncode == 0, done.stderr
    assert "is right" in done.stdout
    assert "missing here: a run trains a student" in done.stderr
    assert "pip install 'sodakd[train]'" in done.stderr


@pytest.mark.toolchain
@pytest.mark.parametrize(
    "words",
    [
        ("plan", "{recipe}"),
        ("report", "{run}"),
        ("ledger", "{run}", "--by", "cycle"),
        ("record", "{run}", "--out", "{run}/answers.jsonl"),
        ("schema",),
        ("judge", "{programs}", "--language", "python"),
        ("seeds", "{questions}"),
    ],
    ids=lambda words: words[0],
)
def test_what_needs_no_model_works(
    words: tuple[str, ...], core: dict[str, str], run: Path, tmp_path: Path
) -> None:
    questions = tmp_path / "questions.jsonl"
    rows = [{"instruction": f"Write a Python function that adds {n} to x."} for n in range(5)]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    programs = tmp_path / "programs.jsonl"
    programs.write_text(json.dumps({"id": "one", "code": "print(1)", "test": ""}) + "\n")
    places = {
        "{recipe}": write_recipe(tmp_path), "{run}": run, "{programs}": programs,
        "{questions}": questions,
    }  # fmt: skip
    (run / "report.html").unlink(missing_ok=True)
    filled = list(words)
    for name, path in places.items():
        filled = [word.replace(name, str(path)) for word in filled]
    done = sodakd(*filled, **core)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    if words[0] == "report":
        assert (run / "report.html").stat().st_size > 10_000


@pytest.mark.toolchain
def test_the_gold_solutions_of_a_benchmark_are_judged(core: dict[str, str], tmp_path: Path) -> None:
    task = {
        "task_id": "HumanEval/0", "prompt": "def one():\n", "canonical_solution": "    return 1\n",
        "test": "def check(f):\n    assert f() == 1\n", "entry_point": "one",
    }  # fmt: skip
    data = tmp_path / "humaneval.jsonl"
    data.write_text(json.dumps(task) + "\n")
    done = sodakd("eval", "--gold", "--data", str(data), "--out", str(tmp_path / "out"), **core)
    assert done.returncode == 0, done.stderr
    assert "100.0" in done.stdout


def refused(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "pip install 'sodakd[train]'" in done.stderr


@pytest.mark.toolchain
def test_run_names_what_is_missing_before_anything_is_spent(
    core: dict[str, str], tmp_path: Path
) -> None:
    refused(sodakd("run", str(write_recipe(tmp_path)), "--out", str(tmp_path / "run"), **core))
    assert not (tmp_path / "run").exists()


def test_eval_of_a_model_names_what_is_missing(core: dict[str, str], tmp_path: Path) -> None:
    data = ROOT.parent / "shared" / "data" / "humaneval"
    files = sorted(data.glob("*.jsonl*")) if data.exists() else []
    if not files:
        pytest.skip(f"{data} is not there")
    words = ("eval", str(tmp_path), "--data", str(files[0]), "--out", str(tmp_path / "out"))
    refused(sodakd(*words, **core))
