"""A student that is handed out loads elsewhere, answers as in its run, and says what it is."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sodakd.errors import ExportError, RunError
from sodakd.export.dataset import export_dataset
from sodakd.export.model import export_model
from sodakd.inference.canary_reference import record_folder_canary
from sodakd.inference.transformers import TransformersModel
from sodakd.training.model_io import link_pretrained
from tests.export.folder import QUESTION, change_recipe, keep_hash, run_with_student
from tests.report import folder as build
from tests.tiny import sodakd
from tests.tiny_models import TRACKED, write_model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run. Not to be changed."""
    return run_with_student(tmp_path_factory.mktemp("export") / "run")


def header(card: Path) -> dict[str, object]:
    text = card.read_text(encoding="utf-8")
    found: dict[str, object] = YAML(typ="safe", pure=True).load(text.split("---\n")[1])
    return found


def quick_start(card: Path) -> str:
    found = re.search(r"```python\n(.*?)```", card.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.toolchain
def test_the_student_of_a_real_run_answers_as_in_its_run(
    finished_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "handed-out"
    done = sodakd("export", str(finished_run), "--out", str(out))
    assert done.returncode == 0, done.stderr
    student = finished_run / "student"
    for name in ("model.safetensors", "tokenizer.json"):
        assert (out / name).read_bytes() == (student / name).read_bytes()
    assert not (out / "tally.json").exists()
    code = quick_start(out / "README.md")
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    asked = re.search(r"^question = (.*)$", code, re.MULTILINE)
    most = re.search(r"max_new_tokens=(\d+)", code)
    assert asked is not None
    assert most is not None
    own = TransformersModel.open(student)
    (answer,) = own.generate([json.loads(asked[1])], max_new_tokens=int(most[1]))
    assert ran.stdout == f"{answer.text}\n"
    versions = (out / "README.md").read_text(encoding="utf-8").partition("## Versions")[2]
    assert "- torch 2." in versions


def test_the_card_says_what_the_run_came_to(run: Path, tmp_path: Path) -> None:
    out = export_model(run, tmp_path / "model", licence="mit")
    card = (out / "README.md").read_text(encoding="utf-8")
    assert header(out / "README.md") == {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": "mit",
        "tags": ["code", "knowledge-distillation", "sodakd", "soda"],
    }
    for words in (
        "# model\n", f'question = "{QUESTION}"', "made from scratch",
        "| soda-1 | 45.0 % (10.0-90.0) |", "| 300 | 30,000 | 0.3000 | 30 | 15,000 |",
        "| level 1 | 8 | 12.5 % (10.0-90.0) | 62.5 % (10.0-90.0) | 50.0 % (10.0-90.0) |",
        "- all, against sft: +20.0 points (95 %: ",
        "120 calls, 2,700 prompt and 900 completion tokens, US $ 0.7500",
        "40 calls, US $ 0.2500", "60 pairs", "Faults by kind: ", "0 are equal to one of the 40",
        "| soda/cycle-1/questions | 30 | near duplicate 1,234, overlaps mbpp 3 |",
        "arXiv:2408.03680", "sodakd 0.1.0",
    ):  # fmt: skip
        assert words in card, words
    assert str(run) not in card
    assert not re.search(r"\{\{|\{%|None|\n\n\n", card)


def test_the_card_of_a_published_base_names_it_and_tells_no_paths(
    run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    change_recipe(
        folder,
        base={"model_name_or_path": "Qwen/Qwen2.5-Coder-0.5B"},
        questions={"source": "some/questions", "exclude": ["/secret/place/humaneval.jsonl"]},
        teacher={"kind": "openai", "model": "gpt-x`|\n", "base_url": "http://secret.host/v1"},
    )
    out = export_model(folder, tmp_path / "model")
    card = (out / "README.md").read_text(encoding="utf-8")
    found = header(out / "README.md")
    assert found["base_model"] == "Qwen/Qwen2.5-Coder-0.5B"
    assert found["datasets"] == ["some/questions"]
    assert found["license"] == "unknown"
    assert "humaneval.jsonl" in card
    assert "OpenAI's terms" in card
    assert "| teacher | gpt-x |" in card
    assert "secret" not in card


def test_money_that_nobody_knows_is_not_nothing(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    change_recipe(folder, teacher={"kind": "openai", "model": "some-model"})
    spend = json.loads((folder / "spend.json").read_text())
    (folder / "spend.json").write_text(json.dumps([{**row, "money": 0.0} for row in spend]))
    card = (export_model(folder, tmp_path / "model") / "README.md").read_text()
    assert "at a price that is unknown" in card
    assert "US $ 0.00" not in card


def test_no_code_and_no_place_of_this_machine_is_handed_out(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    student = folder / "student"
    for name in ("config.json", "tokenizer_config.json"):
        values = json.loads((student / name).read_text())
        values |= {"auto_map": {"AutoTokenizer": "x--y.Z"}, "_name_or_path": "/some/place"}
        (student / name).write_text(json.dumps(values))
    (student / "modeling.py").write_text("raise SystemExit\n")
    (student / "pytorch_model.bin").write_bytes(b"pickle")
    out = export_model(folder, tmp_path / "model")
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md", "chat_template.jinja", "config.json", "generation_config.json",
        "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    for path in out.glob("*.json"):
        assert "auto_map" not in path.read_text()
        assert "/some/place" not in path.read_text()


def test_a_folder_that_is_not_ours_is_left_alone(run: Path, tmp_path: Path) -> None:
    model = tmp_path / "base-model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"the base")
    (model / "README.md").write_text("# A base model\n")
    with pytest.raises(ExportError, match="holds other files"):
        export_model(run, model)
    assert (model / "model.safetensors").read_bytes() == b"the base"
    with pytest.raises(ExportError, match="is a file"):
        export_model(run, model / "README.md")


def test_an_export_can_be_done_again(run: Path, tmp_path: Path) -> None:
    first = export_model(run, tmp_path / "model")
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    (first / "config.json").unlink()
    again = export_model(run, tmp_path / "model")
    assert {path.name: path.read_bytes() for path in again.iterdir()} == before


def test_a_run_without_a_student_says_so(tmp_path: Path) -> None:
    folder = build.begin(tmp_path / "run")
    with pytest.raises(RunError, match="no student yet"):
        export_model(folder, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_folder_that_is_no_run_or_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no folder .*/run; name a run's folder"):
        export_model(tmp_path / "run", tmp_path / "model")
    with pytest.raises(RunError, match="is no run"):
        export_model(tmp_path, tmp_path / "model")


def test_a_card_of_an_exam_without_tests_says_what_was_measured(run: Path, tmp_path: Path) -> None:
    folder = build.without_tests(shutil.copytree(run, tmp_path / "run"))
    card = (export_model(folder, tmp_path / "model") / "README.md").read_text(encoding="utf-8")
    assert "runs to its end (no tests), by level:" in card
    assert "pass@1" not in card


@pytest.mark.heavy
@pytest.mark.parametrize("change", ["cut", "changed", "gone", "empty"])
def test_a_student_that_is_not_the_one_of_its_run_is_not_handed_out(
    change: str, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    weights = folder / "student" / "model.safetensors"
    content = weights.read_bytes()
    changes = {
        "cut": content[:-4],
        "changed": content[:-1] + bytes([content[-1] ^ 1]),
        "empty": b"",
    }
    weights.unlink()
    if change in changes:
        weights.write_bytes(changes[change])
    done = sodakd("export", str(folder), "--out", str(tmp_path / "model"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert not (tmp_path / "model").exists()


def test_the_ends_of_an_answer_are_the_trainings_and_no_sampling_goes_along(
    run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    path = folder / "student" / "generation_config.json"
    old = {"eos_token_id": [1, 7], "pad_token_id": 0, "temperature": 0.9, "x": {}}
    path.write_text(json.dumps(old))
    out = export_model(folder, tmp_path / "model")
    found = json.loads((out / "generation_config.json").read_text())
    assert found == {"eos_token_id": [1, 7], "pad_token_id": 0}


def test_a_student_whose_template_marks_the_assistants_part_is_handed_out_with_its_marks(
    run: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "run", tmp_path / "model"
    shutil.copytree(run, folder)
    shutil.rmtree(folder / "student")
    (folder / "student").mkdir()
    link_pretrained(write_model(tmp_path / "start", chat_template=TRACKED), folder / "student")
    record_folder_canary(folder / "student")
    keep_hash(folder)
    done = sodakd("export", str(folder), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert (out / "chat_template.jinja").read_text(encoding="utf-8") == TRACKED


def test_what_is_handed_out_can_be_read_by_whom_the_umask_lets(run: Path, tmp_path: Path) -> None:
    out = export_model(run, tmp_path / "model")
    for folder in (run / "student", out):
        modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
        assert len(modes) == 1, modes


def test_a_card_of_one_kind_is_never_written_over_by_the_other(run: Path, tmp_path: Path) -> None:
    model = export_model(run, tmp_path / "model")
    with pytest.raises(ExportError, match="an export of a model; name an empty folder"):
        export_dataset(run, model, "preference")
    data = export_dataset(run, tmp_path / "data", "preference")
    assert export_dataset(run, tmp_path / "data", "preference") == data
    with pytest.raises(ExportError, match="an export of a dataset"):
        export_model(run, tmp_path / "data")
    with pytest.raises(ExportError, match="somebody else's"):
        export_dataset(run, model / "README.jsonl", "preference")


@pytest.mark.parametrize("form", [[], ["--dataset", "preference"]])
@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y", "/dev/null/x"])
def test_a_place_that_takes_no_folder_is_one_clear_error(
    place: str, form: list[str], run: Path
) -> None:
    done = sodakd("export", str(run), "--out", place, *form)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
