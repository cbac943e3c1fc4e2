"""The generative scorer: an analysis, then digits that are read as distributions."""

from pathlib import Path

import pytest
import torch

from sodakd.errors import DataError, ModelError
from sodakd.inference.loading import load_tokenizer
from sodakd.scoring.generative import GenerativeNetwork, PointSelector, PointTokens
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.model import load_scorer
from sodakd.scoring.rubric import LEVELS
from sodakd.scoring.split import Part
from sodakd.scoring.train import train_scorer
from sodakd.scoring.validation import validate
from sodakd.settings.scoring import RunScorerSettings, ScorerForm, ScorerSettings
from tests.scoring.graded import graded
from tests.tiny_models import byte_tokenizer, write_encoder, write_model

pytestmark = pytest.mark.heavy

FORM = ScorerForm(kind="generative")
OWN = PointTokens(mark=9, levels=(0, 1, 2, 3, 4), stop=7)


def with_reasons(rows: list[GradedAnswer]) -> list[GradedAnswer]:
    """Each grade with a reason in two lines."""
    return [
        row.model_copy(
            update={
                "score": row.score.model_copy(update={"reason": f"It has\n{row.score.total:g}."})
            }
        )
        for row in rows
    ]


ROWS = with_reasons(graded(80))


def test_an_analysis_ends_at_its_mark_or_its_limit_and_five_digits_follow() -> None:
    selector = PointSelector(OWN, 2, 2)
    said: list[list[int]] = []
    for step in range(9):
        logits = torch.full((2, 12), -9.0)
        logits[0, 9 if step == 1 else 5] = 9.0  # the first ends its analysis behind a token
        logits[1, 5] = 9.0
        logits[:, 2] = 0.0  # of the digits two half points are all but certain
        said.append(selector.select(logits, step).tolist())
    assert [row[0] for row in said] == [5, 9, 2, 2, 2, 2, 2, 7, 7]
    assert [row[1] for row in said] == [5, 5, 9, 2, 2, 2, 2, 2, 7]
    for masses in selector.masses:
        assert [len(one) for one in masses] == list(LEVELS.values())
        assert all(sum(one) == pytest.approx(1) for one in masses)


def test_a_grade_is_written_as_its_reason_in_a_line_and_five_digits(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base")
    tokenizer = load_tokenizer(base)
    network = GenerativeNetwork.open(base, tokenizer, ScorerSettings(analysis_tokens=20))
    row = ROWS[0]
    text = str(tokenizer.decode(list(network.written(row))))
    points = [row.score.functionality, row.score.boundary, row.score.coverage]
    points += [row.score.readability, row.score.practices]
    digits = "".join(str(round(2 * one)) for one in points)
    assert text == f"It has {row.score.total:g}.\n{digits}"


@pytest.mark.parametrize("kind", ["full", "lora"])
def test_it_is_trained_and_loads_to_the_same_scores(kind: str, tmp_path: Path) -> None:
    settings = ScorerSettings.model_validate(
        {"epochs": 1, "batch_size": 16, "analysis_tokens": 8, "finetuning_type": kind}
    )
    base = write_model(tmp_path / "base", "qwen2")
    made = train_scorer(base, ROWS, tmp_path / "scorer", settings, FORM)
    assert (made.card.kind, made.card.max_length) == ("generative", 512 - 15)
    assert not (tmp_path / "scorer/heads.safetensors").exists()
    once = load_scorer(tmp_path / "scorer").score(ROWS[:6])
    alone = [load_scorer(tmp_path / "scorer").score([row])[0] for row in ROWS[:2]]
    assert [one.total for one in alone] == pytest.approx([one.total for one in once[:2]], abs=1e-3)
    assert all(2 * points % 1 == 0 for one in once for points in one.points.values())
    assert all("\n" not in one.analysis for one in once)


def test_it_learns_what_grades_follow_from(tmp_path: Path) -> None:
    rows = graded(240)
    settings = ScorerSettings(epochs=14, batch_size=16, learning_rate=1e-2, analysis_tokens=0)
    made = train_scorer(write_model(tmp_path / "base"), rows, tmp_path / "scorer", settings, FORM)
    held = made.split.of(rows, Part.HELD_BACK)
    said = load_scorer(tmp_path / "scorer").score(held)
    value = validate(held, said, base="", trained_on={}, count=10).total.spearman.value
    assert value is not None
    assert value > 0.6


def test_a_tokenizer_without_an_end_or_a_fill_will_do() -> None:
    tokenizer = byte_tokenizer(None)
    tokenizer.pad_token = tokenizer.eos_token = None
    own = PointTokens.of(tokenizer, Path("base"))
    assert len({own.mark, *own.levels, own.stop}) == 7


def test_an_encoder_and_a_frozen_base_are_refused(tmp_path: Path) -> None:
    encoder = write_encoder(tmp_path / "encoder", "bert")
    with pytest.raises(ModelError, match="kind ordinal"):
        train_scorer(encoder, ROWS, tmp_path / "scorer", ScorerSettings(), FORM)
    frozen = ScorerSettings(finetuning_type="frozen")
    with pytest.raises(DataError, match="no heads"):
        train_scorer(write_model(tmp_path / "base"), ROWS, tmp_path / "one", frozen, FORM)
    with pytest.raises(ValueError, match="full or lora"):
        RunScorerSettings(kind="generative", training=frozen)
