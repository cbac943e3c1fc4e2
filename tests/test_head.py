"""A begun run goes on with what decides nothing changed, and refuses the rest with what differs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, JsonValue

from sodakd import __version__
from sodakd.errors import RunError
from sodakd.recipe import Recipe
from sodakd.run_header import open_header
from sodakd.settings.changes import MAY_CHANGE, MAY_GROW, MAY_MOVE, SPLIT


def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        below = [each for each in kinds if isinstance(each, type) and issubclass(each, BaseModel)]
        if below != kinds[:1]:
            yield before + name
        yield from keys(below[0], f"{before}{name}.") if below else ()


def written(**changes: JsonValue) -> dict[str, JsonValue]:
    """A recipe as it is written down; `a__b` is the key `a.b`."""
    values = Recipe().model_dump(mode="json")
    for key, value in changes.items():
        *parents, last = key.split("__")
        at = values
        for parent in parents:
            at = at[parent]
        at[last] = value
    return values


def test_what_may_change_are_keys_of_a_recipe() -> None:
    limited = MAY_GROW | MAY_MOVE | SPLIT
    assert MAY_CHANGE | limited <= set(keys(Recipe))
    assert not MAY_CHANGE & limited


@pytest.mark.parametrize(
    "change",
    [
        {"teacher__prompt_price": 0.15, "teacher__completion_price": 0.6}, {"name": "other"},
        {"training__save_steps": 7}, {"training__logging_steps": 1}, {"feedback__lint": "off"},
        {"judge__cpu_seconds": 9.0}, {"judge__allow_unsandboxed": True}, {"cycles": 9},
        {"budget__money": 3.0},
    ],
)  # fmt: skip
def test_what_errors_advise_may_change_on_the_way(
    change: dict[str, JsonValue], tmp_path: Path
) -> None:
    open_header(tmp_path, written())
    open_header(tmp_path, written(**change))
    assert json.loads((tmp_path / "run.json").read_text())["recipe"] == written(**change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 4}, r"seed: 0 -> 4\nuse the old values"),
        ({"cycles": 1}, r"cycles: 3 -> 1 \(this run has come to 3: it takes 3 or more\)"),
        ({"training__learning_rate": 1.0}, "training.learning_rate: 0.003 -> 1.0"),
    ],
)
def test_what_decides_is_refused(change: dict[str, JsonValue], says: str, tmp_path: Path) -> None:
    open_header(tmp_path, written())
    with pytest.raises(RunError, match=says):
        open_header(tmp_path, written(**change))


@pytest.mark.parametrize("apart", [{"anneal": "last"}, {"feedback__last_cycle": False}])
def test_a_last_cycle_unlike_the_others_stays_the_last(
    apart: dict[str, JsonValue], tmp_path: Path
) -> None:
    open_header(tmp_path, written(**apart))
    with pytest.raises(RunError, match=r"cycles: 3 -> 4\nuse the old values"):
        open_header(tmp_path, written(**apart, cycles=4))


def test_a_run_that_was_begun_before_a_key_was_there_has_its_default(tmp_path: Path) -> None:
    open_header(tmp_path, written())
    path = tmp_path / "run.json"
    head = json.loads(path.read_text())
    del head["files"], head["recipe"]["questions"]["min_words"], head["recipe"]["update"]
    path.write_text(json.dumps(head))
    with pytest.raises(RunError, match=r"questions\.min_words: 4 -> 5"):
        open_header(tmp_path, written(questions__min_words=5))
    open_header(tmp_path, written())
    assert json.loads(path.read_text())["recipe"] == written()


def test_a_key_of_another_version_names_the_version(tmp_path: Path) -> None:
    open_header(tmp_path, written())
    path = tmp_path / "run.json"
    head = json.loads(path.read_text())
    head["sodakd"] = "9.9"
    head["recipe"]["training"]["novelty"] = 1
    path.write_text(json.dumps(head))
    says = f"training.novelty: this sodakd {__version__} has no such key; use sodakd 9.9"
    with pytest.raises(RunError, match=says):
        open_header(tmp_path, written())


def test_a_source_may_lie_elsewhere_as_long_as_it_holds_the_same(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (old := tmp_path / "a.jsonl").write_text("{}\n")
    open_header(run, written(questions__source=str(old)))
    new = old.rename(tmp_path / "b.jsonl")
    open_header(run, written(questions__source=str(new)))
    new.write_text("{ }\n")
    moved = new.rename(tmp_path / "c.jsonl")
    with pytest.raises(
        RunError, match=r'questions\.source: .*c\.jsonl" \(it holds something else\)'
    ):
        open_header(run, written(questions__source=str(moved)))


def test_a_source_that_was_changed_where_it_lies_is_refused_once_it_was_read(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (source := tmp_path / "a.jsonl").write_text("broken\n")
    recipe = written(questions__source=str(source))
    open_header(run, recipe)
    source.write_text("{}\n")  # mended, as the error says, before a step was done
    open_header(run, recipe)
    (run / "manifest.jsonl").touch()
    open_header(run, recipe)
    source.write_text("{}\n{}\n")
    with pytest.raises(RunError, match=r"questions\.source: what lies there was changed"):
        open_header(run, recipe)
    source.unlink()  # the questions were read: the run needs it no longer
    open_header(run, recipe)


def test_more_cycles_can_be_taken_back_down_to_where_the_run_is(tmp_path: Path) -> None:
    open_header(tmp_path, written(cycles=3))
    open_header(tmp_path, written(cycles=30), {"cycles": 2})
    open_header(tmp_path, written(cycles=2), {"cycles": 2})
    assert json.loads((tmp_path / "run.json").read_text())["recipe"]["cycles"] == 2
    with pytest.raises(RunError, match=r"cycles: 2 -> 1 \(this run has come to 2: it takes 2 or"):
        open_header(tmp_path, written(cycles=1), {"cycles": 2})


def test_a_pretrained_student_may_lie_elsewhere_with_the_same_files(tmp_path: Path) -> None:
    (run := tmp_path / "run").mkdir()
    (old := tmp_path / "a").mkdir()
    (old / "model.safetensors").write_bytes(b"weights")
    open_header(run, written(student__model_name_or_path=str(old)))
    new = old.rename(tmp_path / "b")
    open_header(run, written(student__model_name_or_path=str(new)))
    (new / "model.safetensors").write_bytes(b"others")
    moved = new.rename(tmp_path / "c")
    with pytest.raises(RunError, match=r"student\.model_name_or_path"):
        open_header(run, written(student__model_name_or_path=str(moved)))


@pytest.mark.parametrize("content", ["", "{", "[" * 5000, "[]", '{"recipe": 1}', "\x00"])
def test_a_damaged_head_is_one_error_with_advice(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError, match="--reuse"):
        open_header(tmp_path, written())
