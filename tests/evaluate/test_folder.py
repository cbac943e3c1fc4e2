"""The folder of an evaluation: whose it is, what it may go on with, and what its log says."""

from pathlib import Path

import pytest

from sodakd.errors import DataError, RunError
from sodakd.evaluate.command import evaluate, sha256
from sodakd.evaluate.folder import EvalSettings, begin, open_folder
from sodakd.types import Language
from tests.tiny import sodakd, write_recipe

ASKED = EvalSettings(
    source="m", benchmarks=("humaneval-x",), languages=(Language.PYTHON,), data=None, limit=5, n=2,
    temperature=0.5, max_new_tokens=16, seed=0, cpu_seconds=10.0,
)  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"languages": (Language.GO, Language.PYTHON)},
        {"languages": None},
        {"benchmarks": ("mceval", "humaneval-x")},
        {"limit": 6},
        {"limit": None},
        {"n": 10},
    ],
    ids=str,
)
def test_more_of_the_same_goes_on_in_the_folder(more: dict[str, object], tmp_path: Path) -> None:
    begin(tmp_path, ASKED)
    grown = ASKED.model_copy(update=more)
    begin(tmp_path, grown)
    kept = (tmp_path / "settings.json").read_text()
    assert EvalSettings.model_validate_json(kept) == grown
    with pytest.raises(DataError, match="holds another evaluation"):
        begin(tmp_path, ASKED)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"languages": (Language.GO,)}, "it has humaneval-x in python as well"),
        ({"benchmarks": ("mceval",)}, "it has humaneval-x in python as well"),
        ({"temperature": 0.7}, "temperature was 0.5 and is 0.7"),
        ({"source": "another"}, "source was 'm' and is 'another'"),
        ({"limit": 4}, "limit was 5 and is 4"),
        ({"n": 1}, "n was 2 and is 1"),
    ],
)
def test_another_evaluation_is_refused_and_it_is_said_what_differs(
    other: dict[str, object], said: str, tmp_path: Path
) -> None:
    begin(tmp_path, ASKED)
    with pytest.raises(DataError, match=said):
        begin(tmp_path, ASKED.model_copy(update=other))


def test_a_student_is_known_by_its_weights_wherever_it_lies(tmp_path: Path) -> None:
    out, student = tmp_path / "out", tmp_path / "runs" / "student"
    student.mkdir(parents=True)
    (student / "model.safetensors").write_bytes(b"weights")

    def asked(place: Path) -> EvalSettings:
        return ASKED.model_copy(update={"source": str(place), "sha256": sha256(place)})

    begin(out, asked(student))
    moved = student.parent.rename(tmp_path / "moved") / "student"
    begin(out, asked(moved))
    assert EvalSettings.model_validate_json((out / "settings.json").read_text()) == asked(moved)
    (moved / "model.safetensors").write_bytes(b"others")
    with pytest.raises(DataError, match="which holds another"):
        begin(out, asked(moved))


@pytest.mark.parametrize("name", ["notes.txt", "settings.json", ".hidden"])
def test_a_folder_of_other_files_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(DataError, match="holds other files and no evaluation"):
        begin(tmp_path, ASKED)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "{}"


def test_the_root_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (Path("/"), Path("/proc/1"), tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError), open_folder(place, ASKED):
            pass


def test_the_log_tells_errors_and_a_second_evaluation_is_kept_out(tmp_path: Path) -> None:
    with open_folder(tmp_path, ASKED) as log:
        log.say("first")
        with (
            pytest.raises(RunError, match="another sodakd is working"),
            open_folder(tmp_path, ASKED),
        ):
            pass
    with pytest.raises(DataError, match="no such"), open_folder(tmp_path, ASKED):
        raise DataError("no such\nfile")
    lines = [line.partition("  ")[2] for line in (tmp_path / "log.txt").read_text().splitlines()]
    assert lines == ["first", "error: no such file"]
    with pytest.raises(KeyboardInterrupt), open_folder(tmp_path, ASKED):
        raise KeyboardInterrupt
    assert "stopped by KeyboardInterrupt" in (tmp_path / "log.txt").read_text()


def test_a_language_that_no_benchmark_has_is_named() -> None:
    asked = ASKED.model_copy(update={"languages": (Language.PYTHON, Language.C)})
    with pytest.raises(DataError, match="no tasks in c"):
        asked.parts()
    with pytest.raises(DataError, match="humaneval has none of the languages"):
        asked.model_copy(
            update={"benchmarks": ("humaneval", "mceval"), "languages": (Language.C,)}
        ).parts()


def test_a_folder_is_looked_at_before_a_benchmark_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sodakd.evaluate.command.load", pytest.fail)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match="holds other files"):
        evaluate(ASKED, tmp_path, None, 1)


def test_where_no_hub_answers_a_benchmark_is_one_clear_error_at_once(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    exam = "evaluation.benchmarks=[{name: humaneval}]"
    nobody = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hub")}
    done = sodakd("plan", str(write_recipe(tmp_path)), exam, **nobody)
    assert done.returncode == 2
    assert "openai_humaneval, openai_humaneval/" in done.stderr
    assert "in a recipe evaluation.data" in done.stderr
    assert "Retrying" not in done.stderr
