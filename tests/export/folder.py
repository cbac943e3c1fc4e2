"""A finished run folder with a student that was never trained: tests change it as they like."""

import json
from pathlib import Path

from sodakd.store import write_rows
from tests.report import folder as build

QUESTION = "Write total(xs) that adds up a list, kind 5000."


def run_with_student(folder: Path) -> Path:
    """The run of the report's tests, with its exam, and a student with random weights."""
    from sodakd.settings.student import StudentShape
    from sodakd.training.student import create_student

    build.finish(folder)
    exam = [build.question(5000 + number) for number in range(40)]
    write_rows(folder / "questions" / "test.jsonl", exam)
    create_student([QUESTION], StudentShape(), 0, folder / "student")
    (folder / "student" / "tally.json").write_text("{}", encoding="utf-8")
    return folder


def change_recipe(folder: Path, **sections: object) -> None:
    """Lay sections over the recipe that a run was begun with."""
    path = folder / "run.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    head["recipe"] |= sections
    path.write_text(json.dumps(head), encoding="utf-8")
