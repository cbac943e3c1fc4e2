"""`sodakd judge --lint`: findings in every row, and a count of each rule."""

import json
from pathlib import Path

import pytest

from sodakd.errors import JudgeError
from sodakd.judge.lint import ruff
from sodakd.judge.lint.registry import TOOLS
from tests.tiny import sodakd

pytestmark = pytest.mark.toolchain

ROWS = (
    {"id": "a", "language": "python", "code": "import os\ndef f():\n    return [y]\n"},
    {"id": "a", "language": "python", "code": "x = 1\n"},
    {"id": "b", "language": "python", "answer": "Some prose alone."},
)


def test_findings_stand_in_the_rows_of_their_programs(tmp_path: Path) -> None:
    try:
        ruff.find()
    except JudgeError as error:
        pytest.skip(str(error))
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    done = sodakd("judge", str(given), "--lint", "--out", str(out))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    found = sorted(
        (row["id"], row["outcome"], [one["rule"] for one in row["findings"]]) for row in rows
    )
    assert found == [
        ("a", "passed", []),
        ("a", "passed", ["F401", "F821"]),
        ("b", "not_executable", []),
    ]
    assert "F821" in done.stderr
    assert "Undefined name `y`" in done.stderr
    assert f"ruff {ruff.find().versions['ruff']}" in done.stderr
    plain = sodakd("judge", str(given))
    assert "findings" not in json.loads(plain.stdout.splitlines()[0])


def test_the_help_names_what_brings_each_tool() -> None:
    lines = sodakd("judge", "--install-help").stdout.splitlines()
    for tool in TOOLS:
        assert any(line.split() == [*tool.name.split(), *tool.install.split()] for line in lines)
