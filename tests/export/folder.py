"""A finished run folder with a student that was never trained: tests change it as they like."""

import json
from pathlib import Path

from sodakd.jsonl import write_rows
from sodakd.run import Run, Step
from sodakd.weights import hash_weights
from tests.report import folder as build

QUESTION = "Write total(xs) that adds up a list, kind 5000."


def run_with_student(folder: Path) -> Path:
    """The run of the report's tests, with its exam, and a student with random weights."""
    from sodakd.settings.student import StudentShape
    from sodakd.training.from_scratch import init_student

    build.finish(folder)
    exam = [build.question(5000 + number) for number in range(40)]
    write_rows(folder / "questions" / "test.jsonl", exam)
    init_student([QUESTION], StudentShape(), 0, folder / "student")
    (folder / "student" / "tally.json").write_text("{}", encoding="utf-8")
    keep_hash(folder)
    return folder


def keep_hash(folder: Path) -> None:
    """Write the student's line of the manifest, as the step that copies it does."""
    others = [step for step in Run(folder).steps if step.step != "student"]
    digest = hash_weights(folder / "student")
    student = Step(step="student", kind="weights", path="student", sha256=digest)
    write_rows(folder / "manifest.jsonl", [*others, student])


def change_recipe(folder: Path, **sections: object) -> None:
    """Lay sections over the recipe that a run was begun with."""
    path = folder / "run.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    head["recipe"] |= sections
    path.write_text(json.dumps(head), encoding="utf-8")
