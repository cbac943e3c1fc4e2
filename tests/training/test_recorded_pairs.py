"""Stage 1 on recorded pairs: the ranking rises, and the chosen answers stay as likely as before."""

import subprocess
import sys

import pytest

from tests.real_data import real_data
from tests.tiny import ROOT


@pytest.mark.slow
def test_on_recorded_pairs_the_ranking_rises_and_the_chosen_do_not_fall() -> None:
    pairs = real_data("sodacoder/pairwise_data.json")
    script = str(ROOT / "benchmarks" / "recorded_pairs.py")
    options = ("--letters", "2400", "--steps", "40", "--losses", "margin")
    done = subprocess.run(
        [sys.executable, script, str(pairs), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = {words[0]: words[1:] for words in map(str.split, done.stdout.splitlines())}
    base, margin = rows["base"], rows["margin"]  # ranked, %, chosen, rejected, gap
    assert float(margin[0]) > float(base[0])
    assert float(margin[2]) > float(base[2])
    assert float(margin[4]) > float(base[4])
