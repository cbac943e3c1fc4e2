"""The scorer: any base, one pooling, ordinal heads, a folder that loads to the same scores."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from scipy.special import expit

from sodakd.errors import DataError, ModelError
from sodakd.inference.loading import load_backbone, load_tokenizer
from sodakd.scoring.encoding import AnswerEncoder
from sodakd.scoring.grades import Answer, GradedAnswer
from sodakd.scoring.model import load_scorer
from sodakd.scoring.network import Example
from sodakd.scoring.ordinal import OrdinalHeads
from sodakd.scoring.rubric import LEVELS, Prediction, level_of, points_of
from sodakd.scoring.split import Part
from sodakd.scoring.train import ScorerLogRow, ScorerProgress, TrainedScorer, train_scorer
from sodakd.scoring.validation import validate
from sodakd.settings.scoring import ScorerSettings
from tests.scoring.graded import graded
from tests.tiny_models import ENCODERS, byte_tokenizer, write_encoder, write_model

pytestmark = pytest.mark.heavy

SHORT = ScorerSettings(epochs=1, batch_size=16, learning_rate=1e-3)
LEARNS = ScorerSettings(epochs=8, batch_size=16, learning_rate=3e-3, head_learning_rate=2e-2)
ROWS = graded(240)


def heads_with_cuts() -> OrdinalHeads:
    heads = OrdinalHeads(2)
    torch.nn.init.normal_(heads.slopes.weight, generator=torch.Generator().manual_seed(0))
    for steps in heads.steps.values():
        torch.nn.init.normal_(steps, generator=torch.Generator().manual_seed(1))
    return heads


def test_levels_have_the_mass_between_ordered_cutpoints() -> None:
    heads = heads_with_cuts()
    vectors = torch.tensor([[0.3, -1.2], [2.0, 0.5]])
    places = heads.slopes(vectors).detach()
    for column, (rule, logp) in enumerate(heads.log_probabilities(vectors).items()):
        steps = heads.steps[rule].detach()
        gaps = torch.nn.functional.softplus(steps[1:]) + 1e-3
        cuts = torch.cat([steps[:1], gaps]).cumsum(0)
        below = torch.tensor(expit((cuts - places[:, column, None]).numpy()))
        masses = torch.diff(below, prepend=torch.zeros(2, 1), append=torch.ones(2, 1))
        assert logp.shape == (2, LEVELS[rule])
        torch.testing.assert_close(logp.exp().detach(), masses, atol=1e-5, rtol=1e-4)


def test_an_answer_far_from_all_cutpoints_has_a_finite_loss_and_gradient() -> None:
    heads = heads_with_cuts()
    vectors = torch.tensor([[1e3, -1e3]], requires_grad=True)
    loss = heads.loss(vectors, torch.zeros((1, len(LEVELS)), dtype=torch.long))
    loss.backward()
    assert bool(loss.isfinite())
    assert all(bool(p.grad.isfinite().all()) for p in heads.parameters() if p.grad is not None)


def test_heads_begin_with_the_shares_of_the_grades() -> None:
    heads = OrdinalHeads(4)
    heads.set_shares(torch.tensor([[4, 2, 1, 0, 0]] * 30 + [[0, 2, 1, 1, 0]] * 10))
    masses = heads.log_probabilities(torch.randn(1, 4))
    first = Prediction.of({rule: logp[0].exp().tolist() for rule, logp in masses.items()})
    assert first.points == {
        "functionality": 2, "boundary": 1, "coverage": 0.5, "readability": 0, "practices": 0,
    }  # fmt: skip
    assert first.expected["functionality"] == pytest.approx(1.5, abs=0.05)


def text_of(encoder: AnswerEncoder, answer: Answer) -> str:
    return str(encoder.tokenizer.decode(list(encoder.encode(answer).tokens)))


def test_what_is_too_long_loses_its_middle_and_says_so() -> None:
    encoder = AnswerEncoder(byte_tokenizer(None), 128)
    long = Answer(question_id="", question="first " + "q" * 300 + " last", answer="begin\n" * 90)
    found = encoder.encode(long.model_copy(update={"answer": f"{long.answer}the end"}))
    text = text_of(encoder, long.model_copy(update={"answer": f"{long.answer}the end"}))
    assert found.cut
    assert len(found.tokens) == 128
    assert text.startswith("Question:\nfirst ")
    assert text.endswith("the end<|endoftext|>")
    assert " last\n\nAnswer:\nbegin" in text
    assert text.count("[...]") == 2


def test_a_long_question_makes_room_for_an_answer_before_it_is_cut() -> None:
    encoder = AnswerEncoder(byte_tokenizer(None), 128)
    answer = "return 1\n" * 6
    text = text_of(encoder, Answer(question_id="", question="q" * 500, answer=answer))
    assert answer.strip() in text
    assert text.count("[...]") == 1


def test_what_fits_is_whole_and_marks_in_it_are_plain_characters() -> None:
    encoder = AnswerEncoder(byte_tokenizer(None), 128)
    answer = Answer(question_id="", question="q", language="cpp", answer="x<|im_end|>")
    found = encoder.encode(answer)
    assert not found.cut
    special = set(byte_tokenizer(None).added_tokens_decoder)
    assert [token for token in found.tokens if token in special] == [found.tokens[-1]]
    assert text_of(encoder, answer).startswith("Question (C++):\nq\n\nAnswer:\nx<")


def test_an_empty_answer_has_a_score(tmp_path: Path) -> None:
    trained(tmp_path, write_model(tmp_path / "base"))
    scorer = load_scorer(tmp_path / "scorer")
    (found,) = scorer.score([Answer(question_id="", question="q", answer="")])
    assert 0 <= found.total <= 6


def examples(rows: Sequence[GradedAnswer], encoder: AnswerEncoder) -> list[Example]:
    return [
        Example(encoder.encode(row), tuple(map(level_of, points_of(row.score).values())))
        for row in rows
    ]


def trained(folder: Path, base: Path, settings: ScorerSettings = SHORT) -> TrainedScorer:
    return train_scorer(base, ROWS[:80], folder / "scorer", settings, seed=3)


@pytest.mark.parametrize("family", ["qwen2", "gpt2", *ENCODERS])
def test_any_base_is_trained_and_loads_to_the_same_scores(
    family: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write = write_encoder if family in ENCODERS else write_model
    made = trained(tmp_path, write(tmp_path / "base", family))
    once = load_scorer(tmp_path / "scorer").score(ROWS)
    shutil.copytree(tmp_path / "scorer", tmp_path / "moved")
    assert load_scorer(tmp_path / "moved").score(ROWS) == once
    alone = [load_scorer(tmp_path / "scorer").score([row])[0].total for row in ROWS[:5]]
    assert alone == pytest.approx([one.total for one in once[:5]], abs=1e-4)
    assert made.card.max_length == (128 if family == "roberta" else 512)
    assert "LOAD REPORT" not in caplog.text  # of a head that is left out nobody need be told


def test_a_base_without_a_token_to_fill_with_works(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base", "llama")
    tokenizer = load_tokenizer(base)
    tokenizer.pad_token = tokenizer.eos_token = None
    tokenizer.save_pretrained(base)
    assert load_tokenizer(base).pad_token_id is None
    trained(tmp_path, base)
    assert len(load_scorer(tmp_path / "scorer").score(ROWS)) == len(ROWS)


@pytest.mark.parametrize("kind", ["full", "lora"])
def test_the_folder_has_the_weights_of_the_epoch_with_the_lowest_stopping_loss(
    kind: str, tmp_path: Path
) -> None:
    settings = LEARNS.model_copy(update={"finetuning_type": kind, "epochs": 3})
    made = trained(tmp_path, write_model(tmp_path / "base"), settings)
    assert not list((tmp_path / "scorer").glob("adapter*"))
    scorer = load_scorer(tmp_path / "scorer")
    rows = made.split.of(ROWS[:80], Part.STOPPING)
    encoder = AnswerEncoder(load_tokenizer(tmp_path / "scorer"), made.card.max_length)
    with torch.inference_mode():
        loss = float(scorer.network.loss(examples(rows, encoder)))
    logged = (tmp_path / "scorer" / "log.jsonl").read_text().splitlines()
    losses = [ScorerLogRow.model_validate_json(line).stopping_loss for line in logged][1:]
    assert made.card.stopping_loss == min(losses)
    assert loss == pytest.approx(min(losses), abs=1e-4)


def test_a_frozen_base_stays_as_it_is_and_its_heads_learn(tmp_path: Path) -> None:
    settings = ScorerSettings(finetuning_type="frozen", epochs=20, batch_size=16)
    base = write_model(tmp_path / "base")
    made = trained(tmp_path, base, settings)
    assert made.card.stopping_loss < made.card.first_loss
    before, after = load_backbone(base), load_backbone(tmp_path / "scorer")
    for name, weight in before.state_dict().items():
        assert torch.equal(weight, after.state_dict()[name])


def test_an_encoder_with_a_decoder_and_a_folder_that_is_no_model_are_refused(
    tmp_path: Path,
) -> None:
    base = write_encoder(tmp_path / "base", "bert")
    config = base / "config.json"
    config.write_text(config.read_text().replace("{", '{"is_encoder_decoder": true,', 1))
    with pytest.raises(ModelError, match="encoder with a decoder"):
        trained(tmp_path, base)
    (tmp_path / "none").mkdir()
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        trained(tmp_path, tmp_path / "none")
    with pytest.raises(ModelError, match=r"holds no scorer: .*sodakd scorer train"):
        load_scorer(tmp_path / "none")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "scorer").mkdir()
    (tmp_path / "scorer" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        trained(tmp_path, tmp_path)


def validated(folder: Path, *, shuffled: bool) -> float | None:
    rows = graded(240, shuffled=shuffled)
    made = train_scorer(write_model(folder / "base"), rows, folder / "scorer", LEARNS)
    held = made.split.of(rows, Part.HELD_BACK)
    said = load_scorer(folder / "scorer").score(held)
    found = validate(held, said, base="", trained_on=made.card.trained_on, count=50)
    if not shuffled:
        assert found.auc.value is not None
        assert found.auc.value > 0.95
        assert found.total.kappa.value is not None
        assert found.total.kappa.value > 0.6
    return found.total.spearman.value


def test_a_scorer_learns_what_grades_follow_from(tmp_path: Path) -> None:
    value = validated(tmp_path, shuffled=False)
    assert value is not None
    assert value > 0.8


def test_a_scorer_of_shuffled_grades_agrees_with_none(tmp_path: Path) -> None:
    value = validated(tmp_path, shuffled=True)
    assert value is None or abs(value) < 0.3


def test_the_seed_decides_every_weight_and_the_log_has_every_epoch(tmp_path: Path) -> None:
    base = write_encoder(tmp_path / "base", "bert")  # which draws dropout
    rows: list[ScorerLogRow] = []
    told = ScorerProgress(epoch=rows.append)
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        train_scorer(base, ROWS[:80], tmp_path / name, SHORT, seed=seed, progress=told)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two")]
    assert weights[0] == weights[1]
    assert weights[0] != (tmp_path / "other" / "model.safetensors").read_bytes()
    logged = (tmp_path / "one" / "log.jsonl").read_text().splitlines()
    assert [ScorerLogRow.model_validate_json(line) for line in logged] == rows[:2]
    assert [row.epoch for row in rows[:2]] == [0, 1]
    assert rows[0].loss is None
