"""The report measures what was trained on against the exam as new questions are measured."""

import json
from pathlib import Path

from sodakd.jsonl import write_rows
from sodakd.report.reading import read_folder
from sodakd.report.run_facts import overlaps
from sodakd.types import Language, Question
from tests.report.folder import finish, pair

TASK = "Write a function that finds the second largest of the numbers in a list without sorting it."


def test_the_same_task_with_other_examples_is_found_in_a_benchmark(tmp_path: Path) -> None:
    folder = finish(tmp_path / "run")
    head = json.loads((folder / "run.json").read_text())
    head["recipe"]["evaluation"] = {"benchmarks": [{"name": "mbpp"}]}
    (folder / "run.json").write_text(json.dumps(head))
    examples = "\nFor example second([3, 9, 4, 7, 1, 12]) gives nine and not twelve, as is said"
    task = Question.new(text=TASK, language=Language.PYTHON, tests=None, source="mbpp", level=None)
    write_rows(folder / "questions/benchmarks.jsonl", [task])
    write_rows(folder / "soda/cycle-1/pairs.jsonl", [pair(0, TASK + 3 * examples), pair(1)])
    (found,) = [each for each in overlaps(read_folder(folder)) if each.name == "mbpp"]
    assert (found.equal, found.over) == (0, 1)
