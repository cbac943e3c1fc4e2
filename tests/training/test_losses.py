"""The contrast losses: by hand, and what all of them must do."""

import math
from dataclasses import replace

import pytest
import torch

from sodakd.settings.training import TrainingSettings
from sodakd.training.losses import LOSSES, AnswerLogps


def tokens(*rows: list[float | None]) -> AnswerLogps:
    """Log-probs by pair; None is a place that does not count."""
    logp = torch.tensor([[0.0 if value is None else value for value in row] for row in rows])
    counted = torch.tensor([[value is not None for value in row] for row in rows])
    return AnswerLogps(logp, counted, torch.full((len(rows),), -2.5))


CHOSEN = tokens([-1.0, -3.0, None])  # mean -2
REJECTED = tokens([-0.5, -1.0, -1.5])  # mean -1


@pytest.mark.parametrize(
    ("name", "margin", "expected"),
    [
        ("margin", 0.5, 1.5),
        ("first_difference", 3.0, 4.0),
        ("simpo", 0.3, math.log1p(math.exp(2.3))),
        (
            "odds_ratio",
            0.0,
            math.log1p(math.exp(1 - math.log(1 - math.exp(-1)) + math.log(1 - math.exp(-2)))),
        ),
        ("dpo", 0.0, math.log1p(math.exp(0.1))),
        (
            "unlikelihood",
            0.0,
            -sum(math.log(1 - math.exp(value)) for value in (-0.5, -1.0, -1.5)) / 3,
        ),
    ],
)
def test_a_loss_is_the_number_worked_out_by_hand(name: str, margin: float, expected: float) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    found = loss.contrast(CHOSEN, REJECTED, TrainingSettings(margin=margin))
    assert found.tolist() == pytest.approx([expected], rel=1e-5)


def test_dpo_reads_by_how_much_the_student_left_its_start() -> None:
    chosen = replace(CHOSEN, reference=torch.tensor([-6.0]))
    rejected = replace(REJECTED, reference=torch.tensor([-1.0]))
    found = LOSSES["dpo"].contrast(chosen, rejected, TrainingSettings(beta=0.5))
    assert found.item() == pytest.approx(math.log1p(math.exp(-0.5 * (2 - -2))))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_prefers_the_chosen_answer(name: str) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    better, worse = tokens([-0.1, -0.2]), tokens([-3.0, -4.0])
    right = loss.contrast(better, worse, TrainingSettings(margin=1.0))
    wrong = loss.contrast(worse, better, TrainingSettings(margin=1.0))
    assert float(right) < float(wrong)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_finite_where_the_student_is_certain(name: str) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    logp = torch.zeros(1, 2, requires_grad=True)
    counted = torch.ones(1, 2, dtype=torch.bool)
    chosen, rejected = (AnswerLogps(each, counted, torch.zeros(1)) for each in (logp - 1, logp))
    value = loss.contrast(chosen, rejected, TrainingSettings(margin=1.0))
    value.sum().backward()
    assert logp.grad is not None
    assert bool(value.isfinite().all())
    assert bool(logp.grad.isfinite().all())
