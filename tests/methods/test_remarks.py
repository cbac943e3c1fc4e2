"""What a source holds that is not read is said where a run begins, and in its plan."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sodakd.cli import app
from sodakd.cli.log import LOG, logging_to
from sodakd.errors import DataError
from sodakd.methods.prepare import prepare_questions
from sodakd.recipe_file import read_recipe
from sodakd.run import Progress, Run

RECIPE = """
teacher: {kind: openai, model: gpt-4.1-mini}
questions: {source: SOURCE, seeds: 50, hold_out: 1}
feedback: {probes: 4}
"""


def test_tests_of_seeds_that_are_not_read_are_named(tmp_path: Path) -> None:
    rows = [
        {"prompt": f"Write a Python function that adds {n} to a list.", "hidden_tests": "[1]"}
        for n in ("one", "two", "three")
    ]
    source, recipe = tmp_path / "rows.jsonl", tmp_path / "r.yaml"
    source.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"prompt": "Sort xs."}]))
    recipe.write_text(RECIPE.replace("SOURCE", str(source)))
    told = "rows.jsonl: the tests in hidden_tests (3 of the first 4 rows have some) are not read"
    assert told in " ".join(CliRunner().invoke(app, ["plan", str(recipe)]).output.split())
    planned = json.loads(CliRunner().invoke(app, ["plan", str(recipe), "--json"]).stdout)
    assert [line.startswith(told) for line in planned["remarks"]] == [True, False]
    assert "a run will refuse this: questions.seeds asks for 50" in planned["remarks"][1]
    seen: list[Progress] = []
    loaded, out = read_recipe(recipe), tmp_path / "run"
    with (
        pytest.raises(DataError, match=r"questions\.seeds asks for 50"),
        logging_to(out, seen.append) as on_progress,
        Run.open(out, loaded.redacted, on_progress) as run,
    ):
        prepare_questions(loaded.recipe, run)
    assert [each.note.startswith(told) for each in seen if each.remark] == [True]
    assert told in (out / LOG).read_text()
