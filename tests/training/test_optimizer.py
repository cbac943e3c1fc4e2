"""The optimiser: the same steps as torch's own Muon and AdamW, and a state that goes on."""

from copy import deepcopy

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
        parameter.grad = torch.randn(parameter.shape, generator=generator)


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
