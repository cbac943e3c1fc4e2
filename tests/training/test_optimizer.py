"""The optimiser: the same steps as torch's own Muon and AdamW, and a state that goes on."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from sodakd.settings.training import TrainingSettings
from sodakd.training.optimizer import Muon, make_optimizer


class Toy(nn.Module):
    """An embedding, two layers of which two matrices have one shape, and a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 8)
        self.norm = nn.Parameter(torch.ones(8))
        self.layers = nn.ModuleList(
            nn.ModuleDict({"a": nn.Linear(8, 8, bias=False), "b": nn.Linear(8, 12, bias=False)})
            for _ in range(2)
        )


class Model(nn.Module):
    """The toy as the causal model holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Toy()


def model() -> Model:
    torch.manual_seed(0)
    return Model()


def give_gradients(parameters: list[nn.Parameter], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape, generator=generator).to(parameter.dtype)


def test_a_step_is_that_of_torchs_muon_up_to_its_bfloat16() -> None:
    ours = [nn.Parameter(torch.zeros(8, 12)), nn.Parameter(torch.zeros(12, 8))]
    theirs = [nn.Parameter(p.detach().clone()) for p in ours]
    mine = Muon(ours, lr=1e-2, weight_decay=0.1)
    reference = torch.optim.Muon(theirs, lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for seed in range(3):
        give_gradients(ours, seed)
        give_gradients(theirs, seed)
        mine.step()
        reference.step()
    for left, right in zip(ours, theirs, strict=True):
        assert (left - right).norm() < 0.02 * right.norm()


def test_muon_takes_the_layers_matrices_and_adamw_the_rest() -> None:
    optimizer = make_optimizer(model(), TrainingSettings(optimizer="muon"))
    shapes = [[tuple(p.shape) for p in group["params"]] for group in optimizer.param_groups]
    assert shapes == [[(8, 8), (12, 8)] * 2, [(7, 8)], [(8,)]]


def test_adamw_takes_everything_and_decays_no_norm() -> None:
    settings = TrainingSettings(optimizer="adamw", weight_decay=0.1)
    optimizer = make_optimizer(model(), settings)
    decays = [(group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
    assert decays == [(0.1, 5), (0.0, 1)]


def test_a_scheduler_reaches_both_parts() -> None:
    toy = model()
    optimizer = make_optimizer(toy, TrainingSettings())
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    before = [p.detach().clone() for p in toy.parameters()]
    give_gradients(list(toy.parameters()), 0)
    optimizer.step()
    assert all(torch.equal(p, b) for p, b in zip(toy.parameters(), before, strict=True))


def test_a_saved_state_goes_on_bit_for_bit() -> None:
    straight, resumed = model(), model()
    first = make_optimizer(straight, TrainingSettings())
    for seed in range(2):
        give_gradients(list(straight.parameters()), seed)
        first.step()
    resumed.load_state_dict(straight.state_dict())
    second = make_optimizer(resumed, TrainingSettings())
    second.load_state_dict(deepcopy(first.state_dict()))
    for toy, optimizer in ((straight, first), (resumed, second)):
        give_gradients(list(toy.parameters()), 9)
        optimizer.step()
    pairs = zip(straight.parameters(), resumed.parameters(), strict=True)
    assert all(torch.equal(left, right) for left, right in pairs)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_steps_of_less_than_half_a_last_place_add_up_in_bfloat16(name: str) -> None:
    """At 1.0 bfloat16 has steps of 1/128: one step of 1e-5 changes no weight, a thousand do."""
    settings = TrainingSettings.model_validate({"optimizer": name, "learning_rate": 1e-5})
    toy = model().bfloat16()
    weight = next(p for n, p in toy.named_parameters() if ".layers." in n)
    with torch.no_grad():
        weight.fill_(1.0)
    optimizer = make_optimizer(toy, settings)
    for done in range(1000):
        weight.grad = torch.eye(*weight.shape, dtype=torch.bfloat16)
        optimizer.step()
        assert done or bool((weight == 1.0).all())
    moved = 1.0 - weight.diagonal().float().mean().item()
    assert moved == pytest.approx(0.01 if name == "adamw" else 0.0057, abs=0.004)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_bfloat16_weights_take_the_steps_of_float32(name: str) -> None:
    settings = TrainingSettings.model_validate({"optimizer": name, "weight_decay": 0.1})
    half, whole = model().bfloat16(), model().bfloat16().float()
    optimizers = [make_optimizer(toy, settings) for toy in (half, whole)]
    for seed in range(20):
        give_gradients(list(half.parameters()), seed)
        for mine, theirs in zip(half.parameters(), whole.parameters(), strict=True):
            assert mine.grad is not None
            theirs.grad = mine.grad.float()
        for optimizer in optimizers:
            optimizer.step()
    for mine, theirs in zip(half.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(mine.float(), theirs, rtol=2**-8, atol=1e-6)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_saved_state_of_bfloat16_weights_goes_on_bit_for_bit(name: str) -> None:
    settings = TrainingSettings.model_validate({"optimizer": name})
    straight, resumed = model().bfloat16(), model().bfloat16()
    first, second = make_optimizer(straight, settings), make_optimizer(resumed, settings)
    for seed in range(3):
        if seed == 2:
            resumed.load_state_dict(straight.state_dict())
            second.load_state_dict(deepcopy(first.state_dict()))
            run = [(straight, first), (resumed, second)]
        else:
            run = [(straight, first)]
        for toy, optimizer in run:
            give_gradients(list(toy.parameters()), seed)
            optimizer.step()
    pairs = zip(straight.parameters(), resumed.parameters(), strict=True)
    assert all(torch.equal(left, right) for left, right in pairs)
    assert all(
        torch.equal(first.parts[0].state[a]["lower_half"], second.parts[0].state[b]["lower_half"])
        for a, b in zip(first.parts[0].state, second.parts[0].state, strict=True)
    )
