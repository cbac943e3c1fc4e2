"""The script for a GPU: what it reports, on small models and without one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import ROOT


@pytest.mark.slow
def test_the_script_for_a_gpu_finds_equal_what_is_equal_and_names_what_failed(
    tmp_path: Path,
) -> None:
    script = str(ROOT / "benchmarks" / "gpu.py")
    parts = ("--parts", "equality", "pairs", "--batch", "2")
    done = subprocess.run(
        [sys.executable, script, "--tiny", "--smoke", *parts, "--out", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    equal = [row["equal"] for row in rows if "equal" in row]
    assert equal == [True, True], (tmp_path / "log.txt").read_text()
    ours = [row for row in rows if row["part"] == "pairs" and "ours" in row["job"]]
    assert [row["attention"] for row in ours] == ["split", "padded"]
    for row in rows:  # TRL need not be here
        assert "failed" not in row or row["failed"].startswith("ModuleNotFoundError")
