"""What every contrast loss promises, whatever its formula."""

import pytest
import torch

from sodakd.settings.training import TrainingSettings
from sodakd.training.losses import LOSSES, AnswerLogps

SETTINGS = TrainingSettings(margin=1.0)


def tokens(*logps: float, counted: int | None = None) -> AnswerLogps:
    """One pair's tokens, of which the first `counted` count."""
    counts = torch.arange(len(logps)) < (len(logps) if counted is None else counted)
    return AnswerLogps(torch.tensor([logps]), counts[None], torch.zeros(1))


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "dpo"])  # it reads sums
def test_a_loss_does_not_grow_with_the_number_of_tokens(name: str) -> None:
    contrast = LOSSES[name].contrast  # type: ignore[index]
    short = contrast(tokens(-1.0), tokens(-1.5), SETTINGS)
    long = contrast(tokens(*[-1.0] * 9), tokens(*[-1.5] * 7), SETTINGS)
    assert long.item() == pytest.approx(short.item(), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_ignores_tokens_that_do_not_count(name: str) -> None:
    contrast = LOSSES[name].contrast  # type: ignore[index]
    plain = contrast(tokens(-1.0), tokens(-1.5), SETTINGS)
    padded = contrast(tokens(-1.0, -9.0, counted=1), tokens(-1.5, -0.1, counted=1), SETTINGS)
    assert padded.item() == pytest.approx(plain.item())


@pytest.mark.parametrize("name", LOSSES)
def test_a_step_down_a_loss_makes_the_faulty_answer_less_likely(name: str) -> None:
    rejected = torch.tensor([[-1.0, -1.2]], requires_grad=True)
    both = torch.ones(1, 2, dtype=torch.bool)
    wrong = AnswerLogps(rejected, both, torch.zeros(1))
    loss = LOSSES[name].contrast(tokens(-1.0, -1.1), wrong, SETTINGS)  # type: ignore[index]
    (gradient,) = torch.autograd.grad(loss.sum(), rejected)
    assert (gradient > 0).all()


def test_only_first_difference_needs_no_forward_pass_of_the_faulty_answer() -> None:
    assert [name for name, loss in LOSSES.items() if loss.scope == "first"] == ["first_difference"]
