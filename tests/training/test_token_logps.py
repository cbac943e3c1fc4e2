"""Log-probabilities by parts of a table: the same numbers and gradients as of the whole table."""

import pytest
import torch
from torch import Tensor

from sodakd.training import token_logps
from sodakd.training.token_logps import logps_of_states, logps_of_table


def gradients(by_parts: bool, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    states = torch.randn(23, 8, generator=generator).to(dtype).requires_grad_()
    head = torch.randn(31, 8, generator=generator).to(dtype).requires_grad_()
    row = torch.tensor([*range(23), 4, 4, 22])
    token = torch.arange(26) % 31
    if by_parts:
        found = logps_of_states(states, head, row, token)
    else:
        found = logps_of_table(states @ head.mT, row, token)
    (found * torch.linspace(-1, 1, 26)).sum().backward()
    assert states.grad is not None
    assert head.grad is not None
    return found.detach(), states.grad, head.grad


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_parts_of_a_table_give_the_gradients_of_the_whole(
    dtype: torch.dtype, close: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_logps, "PART_BYTES", 4 * 31 * 5)
    for parts, whole in zip(gradients(True, dtype), gradients(False, dtype), strict=True):
        assert parts.dtype == whole.dtype
        assert torch.allclose(parts, whole, atol=close, rtol=close)


def test_a_head_that_is_frozen_gets_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_logps, "PART_BYTES", 4 * 31)
    states, head = torch.ones(5, 8, requires_grad=True), torch.ones(31, 8)
    logps_of_states(states, head, torch.arange(5), torch.arange(5)).sum().backward()
    assert states.grad is not None
    assert head.grad is None
