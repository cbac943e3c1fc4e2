"""On-policy distillation for real: a larger model of the embedded world is the teacher."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from sodakd.jsonl import read_log, read_rows
from sodakd.methods.plan import plan
from sodakd.methods.synthetic_source import draw_base_data, reference_solution
from sodakd.recipe_file import read_recipe
from sodakd.records import OwnAnswer, Results, TrainLogRow
from sodakd.settings.student import StudentShape
from sodakd.settings.training import TrainingSettings
from sodakd.training.from_scratch import init_student
from sodakd.training.schedule import Example
from sodakd.training.train import train
from tests.test_kill import contents, kill_in
from tests.tiny import sodakd, write_recipe
from tests.tiny_models import write_model

pytestmark = [pytest.mark.toolchain, pytest.mark.heavy]
LESS = [
    "arms=[opd, sft]", "questions.seeds=12", "base.questions=60", "feedback.probes=4",
    "feedback.max_new_tokens=24", "evaluation.questions_per_level=1", "base.training.max_steps=4",
    "training.max_steps=6", "training.save_steps=2", "training.logging_steps=1",
    "opd={rounds: 2, samples: 2}", "teacher.kind=transformers", "teacher.max_tokens=24",
]  # fmt: skip
BOLD = ("--no-preflight",)  # this teacher's texts are none that can be read
STAGES = (
    "opd/answers-1  the student answers  5/12",
    "opd/student-1  the teacher reads",
    "opd/student-1  train  5/6",
    "opd/student-2  train  3/6",
)


@dataclass(frozen=True)
class Finished:
    """A finished run, the values laid over its recipe, and what it said."""

    recipe: Path
    overrides: list[str]
    folder: Path
    said: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    place = tmp_path_factory.mktemp("opd")
    recipe = write_recipe(place)
    base = read_recipe(recipe, [each for each in LESS if "arms" not in each][:7]).recipe
    examples = [Example(q.text, reference_solution(q), None) for q in draw_base_data(base)]
    texts = [text for each in examples for text in (each.prompt, each.chosen)]
    shape = StudentShape(hidden_size=48, num_hidden_layers=2, intermediate_size=96)
    init_student(texts, shape, 1, place / "raw")
    (place / "teacher").mkdir()
    train(place / "raw", examples, TrainingSettings(max_steps=12), 0, place / "teacher")
    overrides = [*LESS, f"teacher.model_name_or_path={place / 'teacher'}"]
    done = sodakd("run", str(recipe), *overrides, *BOLD, "--out", str(place / "run"))
    assert done.returncode == 0, done.stderr
    return Finished(recipe, overrides, place / "run", done.stderr)


def test_each_round_begins_nearer_to_the_teacher_and_its_reading_is_booked(
    finished: Finished,
) -> None:
    at = finished.folder
    logs = [read_log(at / f"opd/student-{number}/log.jsonl", TrainLogRow) for number in (1, 2)]
    assert logs[1][-1].loss < 0.9 * logs[0][0].loss
    results = Results.model_validate_json((at / "results.json").read_text())
    opd, sft = results.standings[1:]
    read = [
        each.tokens
        for number in (1, 2)
        for each in read_rows(at / f"opd/answers-{number}.jsonl", OwnAnswer)
    ]
    assert len(read) == 24
    assert (opd.teacher_calls, opd.teacher_tokens, opd.train_steps) == (0, sum(read), 12)
    assert opd.money == pytest.approx(0.15 * sum(read) / 1e6, abs=1e-8)
    assert 0 < sft.teacher_tokens < 2 * opd.teacher_tokens
    assert "equal is calls, and opd makes none: later arms have as many tokens" in finished.said
    planned = plan(read_recipe(finished.recipe, finished.overrides).recipe)
    reading = [row for row in planned.calls if row.ask == "read"]
    assert [(row.step, row.calls) for row in reading] == [
        ("opd/student-1", 0),
        ("opd/student-2", 0),
    ]


def test_killed_in_every_stage_it_ends_in_the_same_files(
    finished: Finished, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    killed = [
        stage
        for stage in STAGES
        if kill_in(stage, finished.recipe, out, *finished.overrides, *BOLD)
    ]
    assert killed == list(STAGES)
    done = sodakd("run", str(finished.recipe), *finished.overrides, *BOLD, "--out", str(out))
    assert done.returncode == 0, done.stderr
    expected, found = contents(finished.folder), contents(out)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_other_tokens_are_refused_before_anything_is_asked(
    finished: Finished, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other")
    overrides = [*finished.overrides, f"teacher.model_name_or_path={other}"]
    out = tmp_path / "run"
    done = sodakd("run", str(finished.recipe), *overrides, *BOLD, "--out", str(out))
    assert done.returncode == 2
    assert "is not the student's: of" in done.stderr
    assert not (out / "ledger.sqlite").exists()
    base = finished.folder / "base/student"
    named = [*overrides, f"student.model_name_or_path={base}"]
    planned = sodakd("plan", str(finished.recipe), *named)
    assert planned.returncode == 2
    assert "arms: opd: the tokenizer of the teacher" in planned.stderr


def test_a_preflight_tries_a_step_by_the_teacher_s_weights(
    finished: Finished, tmp_path: Path
) -> None:
    student, teacher = write_model(tmp_path / "student"), write_model(tmp_path / "teacher", seed=1)
    overrides = [
        *finished.overrides,
        "arms=[opd]",
        f"student.model_name_or_path={student}",
        f"teacher.model_name_or_path={teacher}",
    ]
    tried = sodakd("check", str(finished.recipe), *overrides, "--deep")
    assert tried.returncode == 0, tried.stderr
    assert f"a step by the token probabilities of {teacher}" in tried.stdout
    assert "teacher:" not in tried.stdout  # it is asked for no text
