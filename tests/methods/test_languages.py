"""A run in each language goes through all stages: `questions.language` of the embedded recipe."""

import json
from pathlib import Path

import pytest

from sodakd.types import Language
from tests.judge.test_programs import skip_where_missing
from tests.tiny import sodakd, write_recipe

pytestmark = pytest.mark.toolchain

QUICK = {Language.JAVASCRIPT, Language.GO}
LESS = ("arms=[soda]", "base.training.max_steps=2", "training.max_steps=2")
STEPS = ("base/student", "soda/cycle-1/student", "soda/cycle-2/student")


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "language",
    [
        pytest.param(one, marks=[] if one in QUICK else pytest.mark.slow)
        for one in Language
        if one is not Language.PYTHON  # the recipe's own, which other tests run
    ],
)
def test_a_run_in_any_language_goes_through_all_stages(language: Language, tmp_path: Path) -> None:
    skip_where_missing(language)
    out = tmp_path / "run"
    words = (str(write_recipe(tmp_path)), f"questions.language={language}", *LESS)
    done = sodakd("run", *words, "--no-preflight", "--out", str(out))
    assert done.returncode == 0, done.stderr
    for step in STEPS:
        assert (out / step / "model.safetensors").exists(), step
    for cycle in (1, 2):
        pairs = _rows(out / "soda" / f"cycle-{cycle}" / "pairs.jsonl")
        assert pairs
        for pair in pairs:
            question = pair["question"]
            assert isinstance(question, dict)
            assert question["language"] == language.value
        assert _rows(out / "soda" / f"cycle-{cycle}" / "feedback.jsonl")
    new = _rows(out / "soda" / "cycle-1" / "questions.jsonl")
    assert new
    assert {row["language"] for row in new} == {language.value}
    assert (out / "report.html").stat().st_size > 10_000
