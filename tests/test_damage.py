"""A damaged file of a run's folder: passed over, or one clear error that says what to do."""

import json
import shutil
from pathlib import Path

import pytest

from sodakd.errors import RunError, SodakdError
from sodakd.methods.run_recipe import run_recipe
from sodakd.recipe_file import read_recipe
from sodakd.report.page import write_report
from sodakd.run import Run, StepOutput, no_progress
from sodakd.types import PreferencePair
from tests.methods.test_preflight import real_recipe

DAMAGES = (b"nonsense\xff\x00\n", b"[1]\n", None)
"""What stands in a file's place; None for its first half."""
MENDED = ("--from ", "remove that line", "--reuse", "put a copy in its place", "a run's folder")


@pytest.mark.toolchain
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_no_damaged_file_of_a_finished_run_gives_a_traceback(
    finished_run: Path, tmp_path: Path, every: bool
) -> None:
    loaded = read_recipe(finished_run.parent / "tiny.yaml", [])
    paths = sorted(path for path in finished_run.rglob("*") if path.is_file())
    files = [path.relative_to(finished_run) for path in paths if "soda/cycle-2" not in str(path)]
    for number, file in enumerate(files if every else {file.name: file for file in files}.values()):
        folder = tmp_path / str(number)
        shutil.copytree(finished_run, folder)
        content = (folder / file).read_bytes()
        damage = DAMAGES[number % 3]
        (folder / file).write_bytes(content[: len(content) // 2] if damage is None else damage)
        try:
            run_recipe(loaded, folder, no_progress)
            write_report(folder)
        except SodakdError as error:
            assert any(words in str(error) for words in MENDED), (file, str(error))  # noqa: PT017
        shutil.rmtree(folder)


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("results.json", "run the same command again"),
        ("spend.json", "run the same command again"),
        ("soda/cycle-1/pairs.jsonl", "--from soda/cycle-1/pairs"),
        ("soda/manifest.jsonl", "remove that line"),
    ],
)
def test_a_report_of_a_damaged_run_says_what_to_do(
    file: str, words: str, finished_run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    (folder / file).write_bytes(b'{"chozen": 1}\n')
    with pytest.raises(RunError, match=words):
        write_report(folder)


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"[1]", None])
def test_damage_to_the_figures_of_a_killed_step_says_what_to_delete(
    damage: bytes | None, tmp_path: Path
) -> None:
    student = tmp_path / "run" / "student"
    student.mkdir(parents=True)
    if damage is not None:
        (student / "tally.json").write_bytes(damage)
    with pytest.raises(RunError, match="remove the folder"):
        Run(tmp_path / "run").cached_model("student", lambda _: {})


def test_a_lost_ledger_is_said_before_the_steps_that_paid_are_dropped(tmp_path: Path) -> None:
    loaded = read_recipe(real_recipe(tmp_path), [])
    folder = tmp_path / "run"
    with Run.open(folder, loaded.redacted) as run:
        run.arm("soda").cached_rows(
            "cycle-1/pairs", PreferencePair, lambda: StepOutput([], {"teacher_calls": 20})
        )
    probes = {"recipe": "", "lines": ["student: a step", "teacher: solve, an answer"]}
    (folder / "preflight.json").write_text(json.dumps(probes))
    for _ in range(2):
        with pytest.raises(RunError, match=r"is gone, and this run made 21 calls.*--new-ledger"):
            run_recipe(loaded, folder, no_progress, drop_from="soda/cycle-1/pairs")
    assert Run(folder).arm("soda").done("cycle-1/pairs") is not None


def test_a_run_without_its_head_says_how_its_answers_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.jsonl").touch()
    with pytest.raises(RunError, match=r"run\.json is gone.*--reuse"), Run.open(folder, {}):
        pass
