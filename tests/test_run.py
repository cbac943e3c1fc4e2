"""Run folders: steps are done once, and a folder is never mixed up."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.errors import RowError, RunError
from sodakd.jsonl import read_log
from sodakd.run import Event, Run, StepOutput
from sodakd.types import Question

RECIPE: dict[str, JsonValue] = {"seed": 1, "budget": {"calls": 5}}


def never() -> StepOutput[Question]:
    raise AssertionError("a finished step was built again")


def weights(folder: Path) -> Mapping[str, int]:
    (folder / "model.safetensors").write_bytes(b"weights")
    return {"train_steps": 3}


def test_a_finished_step_is_read_back(tmp_path: Path, question: Question) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("a/b", Question, lambda: StepOutput([question], {"kept": 1}))
    with Run.open(tmp_path / "run", RECIPE) as run:
        assert run.cached_rows("a/b", Question, never) == [question]
        found = run.done("a/b")
    assert found is not None
    assert found.tally == {"kept": 1}


def test_weights_go_on_in_the_folder_of_a_killed_try(tmp_path: Path) -> None:
    def killed(folder: Path) -> Mapping[str, int]:
        (folder / "checkpoint").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    def second(folder: Path) -> Mapping[str, int]:
        assert (folder / "checkpoint").read_text(encoding="utf-8") == "half"
        return weights(folder)

    with pytest.raises(KeyboardInterrupt), Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_model("student", killed)
    with Run.open(tmp_path / "run", RECIPE) as run:
        path = run.cached_model("student", second)
        assert run.cached_model("student", killed) == path


@pytest.mark.parametrize("content", [None, b"", b"weight", b"Weights"])
def test_weights_that_are_not_those_of_their_step_are_never_used(
    content: bytes | None, tmp_path: Path
) -> None:
    with Run.open(tmp_path, RECIPE) as whole:
        run = whole.arm("sft")
        file = run.cached_model("student", weights) / "model.safetensors"
        assert run.cached_model("student", lambda _: pytest.fail("built again")) == file.parent
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(RunError, match="--from sft/student"):
            run.cached_model("student", weights)


def test_a_step_renamed_but_not_noted_is_noted_and_not_built_again(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_model("student", weights)
    (tmp_path / "run" / "manifest.jsonl").unlink()
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_model("student", lambda _: pytest.fail("built again"))
        found = run.done("student")
    assert found is not None
    assert found.tally == {"train_steps": 3}


def test_another_recipe_is_refused_with_what_differs(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", RECIPE):
        pass
    with pytest.raises(RunError, match="seed: 1 -> 2"), Run.open(tmp_path / "run", {"seed": 2}):
        pass


def test_another_budget_is_taken(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", RECIPE):
        pass
    with Run.open(tmp_path / "run", {"seed": 1, "budget": {"calls": 9}}):
        pass
    head = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert head["recipe"]["budget"] == {"calls": 9}


def test_another_batch_size_and_device_of_a_student_are_taken(tmp_path: Path) -> None:
    def recipe(**generation: JsonValue) -> dict[str, JsonValue]:
        return {"seed": 1, "generation": generation}

    with Run.open(tmp_path / "run", recipe(batch_size=128, device=None, dtype=None)):
        pass
    with Run.open(tmp_path / "run", recipe(batch_size=8, device="cuda:1", dtype=None)):
        pass
    with (
        pytest.raises(RunError, match=r"generation\.dtype"),
        Run.open(tmp_path / "run", recipe(batch_size=8, device=None, dtype="bfloat16")),
    ):
        pass


def test_a_step_may_be_computed_in_smaller_batches_and_no_other(tmp_path: Path) -> None:
    def recipe(size: int, times: int) -> dict[str, JsonValue]:
        split = {"per_device_train_batch_size": size, "gradient_accumulation_steps": times}
        return {"training": {**split, "gradient_checkpointing": times > 1}}

    for size, times in ((32, 1), (8, 4)):
        with Run.open(tmp_path / "run", recipe(size, times)):
            pass
    with (
        pytest.raises(RunError, match=r"training\.per_device_train_batch_size: 8 -> 4"),
        Run.open(tmp_path / "run", recipe(4, 4)),
    ):
        pass


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        Run.open(tmp_path / "run", RECIPE),
        pytest.raises(RunError, match="another sodakd is working"),
        Run.open(tmp_path / "run", RECIPE),
    ):
        pass


def test_a_run_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 99, "recipe": {}}', encoding="utf-8")
    with pytest.raises(RunError, match="format 99"), Run.open(tmp_path, RECIPE):
        pass


def test_an_unreadable_head_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 1', encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json cannot be read"), Run.open(tmp_path, RECIPE):
        pass


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunError, match="holds other files"), Run.open(tmp_path, RECIPE):
        pass


def test_dropping_a_step_drops_all_after_it(tmp_path: Path, question: Question) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        for step in ("one", "two", "three"):
            run.cached_rows(step, Question, lambda: StepOutput([question]))
        run.cached_model("four", weights)
        (run.folder / "five.part" / "raw.part").mkdir(parents=True)
        run.generation_cache("five").write_text("")
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.drop_from("two")
        assert not [*run.folder.rglob("*.part")]
        assert [line.step for line in run.steps] == ["one"]
    assert not [path for name in ("two", "three", "four") for path in tmp_path.glob(f"run/{name}*")]
    assert (tmp_path / "run" / "one.jsonl").exists()


def test_dropping_an_unknown_step_names_the_known_ones(tmp_path: Path, question: Question) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("one", Question, lambda: StepOutput([question]))
        with pytest.raises(RunError, match="there are: one"):
            run.drop_from("cycle-9/pairs")
        run.arm("soda").cached_rows("cycle-1/pairs", Question, lambda: StepOutput([question]))
        with pytest.raises(RunError, match=r"'soda/cycle-9'.* there are: one, soda/cycle-1/pairs"):
            run.arm("soda").drop_from("cycle-9")


def test_a_truncated_output_is_found_when_it_is_read_back(
    tmp_path: Path, question: Question
) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("one", Question, lambda: StepOutput([question, question]))
    path = tmp_path / "run" / "one.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    with (
        Run.open(tmp_path / "run", RECIPE) as run,
        pytest.raises(RowError, match=r"one\.jsonl, line 2.* --from one"),
    ):
        run.cached_rows("one", Question, never)


def test_a_missing_row_is_found_when_it_is_read_back(tmp_path: Path, question: Question) -> None:
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("one", Question, lambda: StepOutput([question, question]))
    path = tmp_path / "run" / "one.jsonl"
    path.write_text(question.model_dump_json() + "\n", encoding="utf-8")
    with (
        Run.open(tmp_path / "run", RECIPE) as run,
        pytest.raises(RunError, match="1 rows now, 2 then"),
    ):
        run.cached_rows("one", Question, never)


def test_a_cut_line_of_events_ends_nothing(tmp_path: Path, question: Question) -> None:
    events = tmp_path / "run" / "events.jsonl"
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("one", Question, lambda: StepOutput([question]))
    events.write_bytes(events.read_bytes()[:-20] + b"\x00\xff")
    with Run.open(tmp_path / "run", RECIPE) as run:
        run.cached_rows("two", Question, lambda: StepOutput([question]))
    assert [(row.step, row.event) for row in read_log(events, Event)] == [
        ("one", "start"), ("two", "start"), ("two", "done"),
    ]  # fmt: skip


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"{}\n", b"[" * 9000 + b"\n"])
def test_a_damaged_manifest_says_what_to_do_and_doing_it_helps(
    damage: bytes, tmp_path: Path, question: Question
) -> None:
    folder, manifest = tmp_path / "run", tmp_path / "run" / "manifest.jsonl"
    with Run.open(folder, RECIPE) as run:
        run.cached_rows("one", Question, lambda: StepOutput([question]))
        run.cached_rows("two", Question, lambda: StepOutput([question]))
    first, second = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(first + (damage or second[:30]))
    with pytest.raises(RowError, match=r"line 2: .* remove that line"), Run.open(folder, RECIPE):
        pass
    manifest.write_bytes(first)
    with Run.open(folder, RECIPE) as run:
        assert run.cached_rows("two", Question, lambda: StepOutput([question])) == [question]
