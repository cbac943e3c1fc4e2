"""The last lines of a run of the tests name what was left out or skipped, and what mends it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.summary import skips
from tests.tiny import ROOT


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        ("java: javac is not installed; apt-get install openjdk-17", "apt-get install openjdk-17"),
        ("Chromium is not installed: apt-get install chromium", "apt-get install chromium"),
        ("../shared/data/humaneval is not here", "put it into ../shared/data"),
        ("pyarrow is not installed", "./scripts/setup.sh dev"),
        ("only root can become another user", "run the tests as root"),
    ],
)
def test_a_skip_is_told_with_what_mends_it(reason: str, command: str) -> None:
    assert [*skips([reason, reason])] == [f"    2  {reason}", f"       to run them: {command}"]


def test_what_one_command_mends_is_one_cause_and_what_none_does_is_told_as_it_is() -> None:
    data = ["../shared/data/a.json is not here", "../shared/data/b.json is not here"]
    assert [*skips(["for a reason", *data])] == [
        f"    2  {data[0]} (and 1 like it)",
        "       to run them: put it into ../shared/data",
        "    1  for a reason",
    ]


@pytest.mark.parametrize("more", ["-n0", pytest.param("-n1", marks=pytest.mark.heavy)])
def test_a_plain_run_says_what_it_left_out_and_how_to_run_it(more: str, tmp_path: Path) -> None:
    words = ("-p", "no:cacheprovider", "tests/judge/test_scale.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, more],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    _, _, said = done.stdout.partition(" left out ")
    assert "    1  alone: they need the machine for themselves" in said
    assert 'to run them: pytest -n 0 -m "alone and not slow"' in said
    assert "    4  toolchain: they run programs in the sandbox" in said
