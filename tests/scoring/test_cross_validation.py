"""Cross-validation by questions, and the ablation of what a scorer is told, by one command."""

from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.jsonl import write_rows
from sodakd.scoring.cross_validation import CrossValidation
from sodakd.scoring.encoding import AnswerEncoder
from sodakd.scoring.grades import Answer
from sodakd.scoring.split import fold_questions
from sodakd.settings.scoring import ScorerForm
from sodakd.types import Finding, Outcome
from tests.scoring.graded import graded
from tests.tiny import sodakd
from tests.tiny_models import byte_tokenizer, write_model

ROWS = graded(80)


def test_each_question_is_held_back_once_and_trains_nothing_in_that_fold() -> None:
    splits = fold_questions(ROWS, 5, stopping=0.15, seed=0)
    held = [key for split in splits for key in split.held_back]
    assert len(held) == len(set(held)) == 40
    for split in splits:
        parts = [set(split.train), set(split.stopping), set(split.held_back)]
        assert [len(part) for part in parts] == [26, 6, 8]
        assert len(set.union(*parts)) == 40
    with pytest.raises(DataError, match="too few for 5 folds"):
        fold_questions(ROWS[:8], 5, stopping=0.15, seed=0)


@pytest.mark.heavy
def test_only_a_scorer_that_is_told_sees_the_verdict_and_the_first_findings() -> None:
    finding = Finding(tool="ruff", rule="F821", line=1, message="undefined name " + "b" * 300)
    answer = Answer(
        question_id="", question="q", answer="a + b", outcome=Outcome.WRONG_ANSWER,
        findings=(finding,) * 9,
    )  # fmt: skip
    tokenizer = byte_tokenizer(None)

    def text(form: ScorerForm, length: int = 1024) -> str:
        found = AnswerEncoder(tokenizer, length, form).encode(answer)
        assert len(found.tokens) <= length
        return str(tokenizer.decode(list(found.tokens)))

    assert text(ScorerForm()) == "Question:\nq\n\nAnswer:\na + b<|endoftext|>"
    told = text(ScorerForm(inputs="verdict"), 4096)
    assert "Verdict: wrong answer\nFindings: 9\nruff F821, line 1: undefined name" in told
    assert told.count("ruff") == 5
    assert text(ScorerForm(inputs="verdict"), 64).endswith("a + b<|endoftext|>")
    written = text(ScorerForm(kind="generative"))
    assert written == "Question:\nq\n\nAnswer:\na + b\n\nAnalysis:\n"


@pytest.mark.heavy
def test_one_command_says_what_the_verdict_adds_and_what_it_reaches_alone(tmp_path: Path) -> None:
    grades, out = tmp_path / "grades.jsonl", tmp_path / "figures.json"
    write_rows(grades, ROWS)
    words = ("cross-validate", str(grades), "--base", str(write_model(tmp_path / "base")))
    more = ("--inputs", "answer,verdict", "--folds", "2", "--epochs", "30", "--frozen")
    done = sodakd("scorer", *words, *more, "--max-length", "128", "--out", str(out))
    assert done.returncode == 0, done.stderr
    found = CrossValidation.model_validate_json(out.read_bytes())
    assert [one.form.inputs for one in found.forms] == ["answer", "verdict"]
    assert [one.validation.answers for one in found.forms] == [80, 80]
    for line in (
        "ordinal, told the answer",
        "ordinal, told the verdict",
        "whether it passes alone",
    ):
        assert line in done.stdout
    assert "no answer was graded twice" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "base", "figures.json", "grades.jsonl",
    ]  # fmt: skip
    done = sodakd("scorer", *words, "--kind", "both", "--out", str(out))
    assert done.returncode == 2
    assert "--kind: " in done.stderr
