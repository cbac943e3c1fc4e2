"""The contrast losses: by hand, and what all of them must do."""

import math

import pytest
import torch

from sodakd.training.losses import LOSSES, AnswerLogps


def tokens(*rows: list[float | None]) -> AnswerLogps:
    """Log-probs by pair; None is a place that does not count."""
    logp = torch.tensor([[0.0 if value is None else value for value in row] for row in rows])
    counted = torch.tensor([[value is not None for value in row] for row in rows])
    return AnswerLogps(logp, counted)


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
        (
            "unlikelihood",
            0.0,
            -sum(math.log(1 - math.exp(value)) for value in (-0.5, -1.0, -1.5)) / 3,
        ),
    ],
)
def test_a_loss_is_the_number_worked_out_by_hand(name: str, margin: float, expected: float) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    assert loss.contrast(CHOSEN, REJECTED, margin).tolist() == pytest.approx([expected], rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_prefers_the_chosen_answer(name: str) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    better, worse = tokens([-0.1, -0.2]), tokens([-3.0, -4.0])
    right = loss.contrast(better, worse, 1.0)
    wrong = loss.contrast(worse, better, 1.0)
    assert float(right) < float(wrong)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_finite_where_the_student_is_certain(name: str) -> None:
    loss = {str(key): value for key, value in LOSSES.items()}[name]
    logp = torch.zeros(1, 2, requires_grad=True)
    counted = torch.ones(1, 2, dtype=torch.bool)
    value = loss.contrast(AnswerLogps(logp - 1, counted), AnswerLogps(logp, counted), 1.0)
    value.sum().backward()
    assert logp.grad is not None
    assert bool(value.isfinite().all())
    assert bool(logp.grad.isfinite().all())
