"""What would break a run is found before anything is spent on it."""

import asyncio
import json
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sodakd.errors import ModelError
from sodakd.methods.plan import PREFLIGHT, plan
from sodakd.methods.preflight import FILE, preflight
from sodakd.methods.teachers import open_teacher
from sodakd.recipe_file import read_recipe
from sodakd.requirements import missing_requirements
from sodakd.run import Run
from sodakd.weights import hash_file
from tests.servers.scripted import reply, said, scripted
from tests.tiny import sodakd, write_recipe
from tests.tiny_models import write_model

TASKS = (
    "adds up a list of integers", "reverses a text", "counts the vowels of a word",
    "finds the largest of three floats", "sorts names by their length", "squares the odd items",
    "drops each second item of a list", "tells whether a year has 366 days", "joins some words",
    "finds the median of some integers", "turns minutes into hours", "counts a letter in a text",
)  # fmt: skip
RAISES = "{{ raise_exception('no answers here') }}"


def real_recipe(folder: Path, port: int = 9, **sections: dict[str, object]) -> Path:
    """A recipe for a small pretrained student and a teacher on loopback."""
    rows = [{"text": f"Write a function that {task}."} for task in TASKS]
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    teacher = {"kind": "openai", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1"}
    questions = {
        "source": str(folder / "seeds.jsonl"), "languages": ["python"], "seeds": 4, "hold_out": 2,
        "near_duplicate": 1.0,
    }  # fmt: skip
    values: dict[str, object] = {
        "name": "small",
        "cycles": 2,
        "arms": ["soda"],
        "teacher": teacher,
        "questions": questions,
        "student": {"model_name_or_path": str(folder / "model")},
        "feedback": {"probes": 2},
        **sections,
    }
    path = folder / "small.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(values, file)
    return path


async def command(*words: str) -> tuple[int, str]:
    """The exit code and the errors of sodakd, run beside the loop's server."""
    done = await asyncio.to_thread(sodakd, *words)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.toolchain
def test_a_preflight_of_the_world_is_no_step_and_is_done_once(tmp_path: Path) -> None:
    loaded = read_recipe(write_recipe(tmp_path), [])
    with Run.open(tmp_path / "run", loaded.redacted) as run:
        teacher = open_teacher(loaded.recipe.teacher, run.folder)
        found = preflight(loaded.recipe, run, teacher)
        assert [line.partition(":")[0] for line in found.lines] == ["student", "judge"]
        assert "tokens are the same" in found.lines[0]
        before = hash_file(run.folder / FILE)
        changed = (run.folder / FILE).stat().st_mtime_ns
        assert preflight(loaded.recipe, run, teacher) == found
        assert (run.folder / FILE).stat().st_mtime_ns == changed
        for damage in (b"nonsense\xff", b"{}", b"[1]"):
            (run.folder / FILE).write_bytes(damage)
            assert preflight(loaded.recipe, run, teacher) == found
        other = loaded.recipe.model_copy(update={"seed": 5})
        assert preflight(other, run, teacher).recipe != found.recipe
        assert hash_file(run.folder / FILE) != before
    assert not (tmp_path / "run" / "manifest.jsonl").exists()
    assert not list((tmp_path / "run").glob("*.part"))


@pytest.mark.toolchain
def test_a_teacher_is_asked_once_for_each_kind_and_it_stands_in_plan_and_ledger(
    tmp_path: Path,
) -> None:
    write_model(tmp_path / "model")

    async def run() -> tuple[int, str]:
        async with scripted(lambda *_: said("```python\nx = 1\n```")) as port:
            path = real_recipe(tmp_path, port)
            loaded = read_recipe(path, [])
            with Run.open(tmp_path / "run", loaded.redacted) as run:
                teacher = open_teacher(loaded.recipe.teacher, run.folder)
                await asyncio.to_thread(preflight, loaded.recipe, run, teacher)
                await asyncio.to_thread(preflight, loaded.recipe, run, teacher)
            return await command("check", str(path), "--deep")

    code, text = asyncio.run(run())
    assert code == 0, text
    kinds = [row.ask for row in plan(read_recipe(tmp_path / "small.yaml", []).recipe).calls]
    assert Counter(kinds)["solve"] > 1
    asked = [line.split()[1] for line in text.splitlines() if line.startswith("teacher: ")]
    assert asked[0] == "solve,"
    assert sorted(asked) == sorted(f"{kind}," for kind in set(kinds))
    with sqlite3.connect(tmp_path / "run" / "ledger.sqlite") as ledger:
        booked = ledger.execute("select step, count(*) from calls group by step").fetchall()
    assert booked == [(PREFLIGHT, len(set(kinds)))]


@pytest.mark.toolchain
@pytest.mark.parametrize(("status", "words"), [(401, "HTTP 401"), (404, "no such model")])
def test_a_wrong_key_or_model_is_found_before_the_base_student_is_made(
    status: int, words: str, tmp_path: Path
) -> None:
    write_model(tmp_path / "model")
    error = {"error": {"message": "no such model, or no such key"}}

    async def run() -> tuple[int, str]:
        async with scripted(lambda *_: reply(status, error)) as port:
            out = str(tmp_path / "run")
            return await command("run", str(real_recipe(tmp_path, port)), "--out", out)

    code, text = asyncio.run(run())
    assert code == 2
    assert words in text
    assert not (tmp_path / "run" / "base").exists()


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("template", "takes no question with its answer"),
        ("weights", "cannot be loaded"),
        ("tokenizer", "tokenizer of"),
    ],
)
def test_a_student_that_cannot_be_trained_is_found_before_the_teacher_is_asked(
    fault: str, words: str, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model", chat_template=RAISES if fault == "template" else None)
    if fault == "weights":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-10])
    if fault == "tokenizer":
        (folder / "tokenizer.json").write_text("{}")
    loaded = read_recipe(real_recipe(tmp_path), [])  # nobody listens at its port
    with (
        Run.open(tmp_path / "run", loaded.redacted) as run,
        pytest.raises(ModelError, match=words),
    ):
        preflight(loaded.recipe, run, open_teacher(loaded.recipe.teacher, run.folder))
    done = sodakd("check", str(tmp_path / "small.yaml"), "--deep")
    assert done.returncode == 2
    assert words in done.stderr


def test_a_language_is_needed_where_a_question_is_of_it(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    recipe, out = str(real_recipe(tmp_path)), tmp_path / "run"
    both, java = "questions.languages=[python, java]", "java cannot be judged here"
    checked = sodakd("check", recipe, both, PATH="/nowhere")
    assert f"missing here, if a question asks for it: {java}" in checked.stderr
    loaded = read_recipe(Path(recipe), [both])
    assert missing_requirements(loaded.recipe) == []
    done = sodakd(
        "run", recipe, both, "questions.language=java", "--out", str(out), PATH="/nowhere"
    )
    assert done.returncode == 2
    assert f"error: {java}" in done.stderr
    assert not (out / "ledger.sqlite").exists()


@pytest.mark.parametrize("command", [("check", "--deep"), ("run",)], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("questions.seeds=50", "questions.seeds asks for 50"),
        ("questions.tests=given", "untested 12"),
        ("student={}", "a student from scratch is made from answers"),
    ],
)
def test_what_a_source_cannot_feed_is_said_before_the_student_is_tried_or_the_teacher_asked(
    command: tuple[str, ...], value: str, words: str, tmp_path: Path
) -> None:
    recipe, out = str(real_recipe(tmp_path)), tmp_path / "run"  # nobody listens at its port
    (tmp_path / "model").mkdir()  # there is no model in it
    to = ("--out", str(out)) if command == ("run",) else ()
    done = sodakd(*command, recipe, value, *to, OPENAI_API_KEY="x")
    assert done.returncode == 2
    assert words in done.stderr
    assert not (out / "ledger.sqlite").exists()
