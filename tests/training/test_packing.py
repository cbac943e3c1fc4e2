"""Packed rows: what stands where, and that packing changes no number."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from sodakd.settings.training import LossName, TrainingSettings
from sodakd.training.attention import PACKED
from sodakd.training.forward import packed
from sodakd.training.losses import LOSSES, scope_of
from sodakd.training.objective import Objective, StepTotals, objective
from sodakd.training.packing import differing_positions, first_difference, pack
from sodakd.training.schedule import TokenizedExample
from sodakd.training.token_logps import logps_of_table

EXAMPLES = (
    TokenizedExample((5, 6, 7), (10, 11, 12, 1), (10, 13, 12, 14, 1), (-9.0, -12.0)),
    TokenizedExample((5, 8), (20, 1), None),
    TokenizedExample((9,), (30, 31, 1), (30, 1), (-7.0, -4.0)),
)


def load(student: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(student, attn_implementation=PACKED)


def run(
    model: PreTrainedModel, examples: tuple[TokenizedExample, ...], settings: TrainingSettings
) -> Objective:
    scope = scope_of(settings.loss)
    batch = pack(examples, rejected=scope != "first", differing=scope == "differing")
    logits = packed(model, batch, "split")
    logp = logps_of_table(logits, *batch.asked())
    return objective(logp, batch, StepTotals.of(examples), settings)


def test_first_difference_is_the_first_differing_place() -> None:
    assert first_difference((10, 11, 12, 1), (10, 13, 12, 14, 1)) == 1


def test_an_answer_that_stops_early_differs_at_its_end() -> None:
    assert first_difference((30, 31, 1), (30, 1)) == 1


def test_equal_answers_have_no_first_difference() -> None:
    with pytest.raises(ValueError, match="do not differ"):
        first_difference((3, 1), (3, 1))


def test_differing_tokens_are_those_outside_the_matching_blocks() -> None:
    assert differing_positions((10, 11, 12, 1), (10, 13, 12, 14, 1)) == ([1], [1, 3])


def test_a_dropped_token_leaves_the_token_in_its_place() -> None:
    assert differing_positions((10, 11, 12, 1), (10, 12, 1)) == ([1], [1])


def test_only_the_answer_and_its_end_are_predicted() -> None:
    batch = pack(EXAMPLES, rejected=False)
    assert batch.target.tolist() == [10, 11, 12, 1, 20, 1, 30, 31, 1]
    assert batch.tokens[0].tolist() == [5, 6, 7, 10, 11, 12, 5, 8, 20, 9, 30, 31]
    assert batch.tokens[0][batch.predict_index].tolist() == [7, 10, 11, 12, 8, 20, 9, 30, 31]


def test_a_faulty_answer_is_in_the_row_from_its_first_difference_on() -> None:
    batch = pack(EXAMPLES, rejected=True)
    assert batch.tokens[0].tolist() == [5, 6, 7, 10, 11, 12, 5, 8, 20, 9, 30, 31, 13, 12, 14]
    assert batch.positions[0].tolist()[12:] == [4, 5, 6]
    assert batch.target.tolist()[9:] == [10, 13, 12, 14, 1, 30, 1]
    predicting = batch.tokens[0][batch.predict_index][batch.predicted_by]
    assert predicting.tolist()[9:] == [7, 10, 13, 12, 14, 9, 30]
    sequences = [batch.tokens[0][batch.tree.places(at)].tolist() for at in (3, 4)]
    assert sequences == [[5, 6, 7, 10, 13, 12, 14], [9, 30]]
    assert batch.tree.begins[3:] == (4, 2)


def test_positions_begin_anew_in_every_sequence() -> None:
    batch = pack(EXAMPLES, rejected=False)
    assert batch.positions[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 0, 1, 2]


def test_all_tokens_of_prompts_and_answers_are_counted() -> None:
    assert pack(EXAMPLES, rejected=False).counted_tokens == 7 + 4 + 4
    assert pack(EXAMPLES, rejected=True).counted_tokens == 15 + 8 + 3


def test_first_places_point_at_the_correct_answers_token() -> None:
    pairs = pack(EXAMPLES, rejected=False).pairs
    assert pairs is not None
    assert pairs.first.tolist() == [1, 7]
    assert pairs.first_rejected.tolist() == [13, 1]


def test_packed_log_probs_are_those_of_each_sequence_alone(student: Path) -> None:
    model = load(student)
    plain = AutoModelForCausalLM.from_pretrained(student, attn_implementation="eager")
    settings = TrainingSettings(loss="margin")
    found = run(model, EXAMPLES, settings)
    alone = []
    for example in EXAMPLES:
        row = torch.tensor([[*example.prompt, *example.chosen]])
        logp = plain(row).logits[0, :-1].log_softmax(-1).gather(1, row[0, 1:, None])[:, 0]
        alone.append(logp[len(example.prompt) - 1 :])
    means = torch.stack([logp.mean() for logp in alone])
    assert torch.allclose(found.chosen, means, atol=1e-5)
    assert found.nll.item() == pytest.approx(-torch.cat(alone).mean().item(), abs=1e-5)


def test_the_first_faulty_token_reads_the_same_from_either_sequence(student: Path) -> None:
    model = load(student)
    first = run(model, EXAMPLES[:1], TrainingSettings(loss="first_difference"))
    row = torch.tensor([[5, 6, 7, 10, 13]])
    plain = AutoModelForCausalLM.from_pretrained(student)
    expected = plain(row).logits[0, 3].log_softmax(-1)[13]
    assert first.rejected_logp is not None
    assert first.rejected_logp.item() == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_a_packed_batch_are_the_sum_of_its_examples(
    student: Path, loss: LossName
) -> None:
    model = load(student)
    settings = TrainingSettings(loss=loss, contrast_weight=0.5)
    pair = (EXAMPLES[0], EXAMPLES[2])
    run(model, pair, settings).loss.backward()
    together = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    tokens = [len(example.chosen) for example in pair]
    for example, share in zip(pair, tokens, strict=True):
        one = run(model, (example,), settings)
        assert one.contrast is not None
        nll = run(model, (example,), TrainingSettings()).loss
        contrast = (one.loss - nll) / 2
        (nll * share / sum(tokens) + contrast).backward()
    alone = [p.grad for p in model.parameters() if p.grad is not None]
    for left, right in zip(together, alone, strict=True):
        assert torch.allclose(left, right, atol=2e-6, rtol=1e-4)


def test_no_contrast_still_shows_the_gap(student: Path) -> None:
    result = run(load(student), EXAMPLES, TrainingSettings())
    assert result.contrast is None
    assert result.chosen_logp is not None
    assert result.chosen_logp.shape == (2,)
