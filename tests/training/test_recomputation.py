"""Layers keep less for the backward pass, and a step stays the same to the bit."""

from typing import cast

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from sodakd.settings.student import LoraSettings, StudentSettings
from sodakd.training.model_io import with_adapters
from sodakd.training.recomputation import keep_less
from tests.training.test_equality import FAMILIES, build, gradient

TOKENS = torch.arange(1, 25).reshape(2, 12)


def step(model: nn.Module) -> tuple[Tensor, Tensor, int]:
    """The loss of a step, its gradient, and the bytes that were kept between its passes."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    torch.manual_seed(0)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(input_ids=TOKENS, use_cache=False).logits.square().mean()
    loss.backward()
    return loss.detach(), gradient(model), sum(kept.values())


@pytest.mark.parametrize("adapted", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_is_the_same_to_the_bit_and_keeps_less(family: str, adapted: bool) -> None:
    found = []
    for changed in (False, True):
        model = cast("nn.Module", build(family))
        if changed:
            assert keep_less(model) >= 7  # two layers' gated one and norms, and the last norm
        if adapted:  # which draws numbers within the part that is computed again
            lora = StudentSettings(
                model_name_or_path="any", finetuning_type="lora",
                lora=LoraSettings(lora_dropout=0.5),
            )  # fmt: skip
            model = cast("nn.Module", with_adapters(cast("PreTrainedModel", model), lora, 0))
        found.append(step(model.train()))
    (loss, wanted, most), (same, ours, least) = found
    assert torch.equal(loss, same)
    assert torch.equal(wanted, ours)
    assert least < 0.9 * most


class Other(nn.Module):
    """A layer with the same parts that computes otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = (nn.Linear(4, 4) for _ in range(3))
        self.act_fn = nn.SiLU()

    def forward(self, states: Tensor) -> Tensor:
        return cast("Tensor", self.down_proj(self.act_fn(self.gate_proj(states)))) + states


def test_a_layer_that_computes_otherwise_is_left_as_it_is() -> None:
    assert keep_less(nn.ModuleList([Other()])) == 0


class ScaledNorm(nn.Module):
    """A norm of two inputs, one of them named."""

    def forward(self, states: Tensor, gate: Tensor) -> Tensor:
        return nn.functional.rms_norm(states, states.shape[-1:]) * gate


def test_a_norm_of_several_inputs_is_computed_again_from_all_of_them() -> None:
    layers = nn.ModuleList([ScaledNorm()])
    states, gate = (torch.randn(2, 4, requires_grad=True) for _ in range(2))
    wanted = torch.autograd.grad(layers[0](states, gate=gate).square().sum(), (states, gate))
    assert keep_less(layers) == 1
    ours = torch.autograd.grad(layers[0](states, gate=gate).square().sum(), (states, gate))
    assert all(map(torch.equal, wanted, ours))
