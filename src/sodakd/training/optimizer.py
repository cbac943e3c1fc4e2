"""Muon on the layers' matrices and AdamW on all else, as one optimiser."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypedDict, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from sodakd.settings.training import TrainingSettings
from sodakd.training.precision import keep_weight, whole_weight
from sodakd.training.sharding import as_shard, whole

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
ADAM_EPSILON = 1e-8


def newton_schulz(
    matrices: Float[Tensor, "count rows columns"],
) -> Float[Tensor, "count rows columns"]:
    """Each matrix with its singular values pushed towards 1 (five Newton-Schulz steps, fp32)."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Muon(Optimizer):
    """torch.optim.Muon with match_rms_adamw, in fp32, over stacks of same-shaped matrices.

    One stack is one batched product instead of a product for each matrix, and fp32 is faster than
    bfloat16 on a CPU. Method: Keller Jordan, kellerjordan.github.io/posts/muon; scale of the
    update: arXiv 2502.16982.
    """

    def __init__(self, matrices: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            stacks: dict[torch.Size, list[nn.Parameter]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    stacks.setdefault(matrix.shape, []).append(matrix)
            for stack in stacks.values():
                self._step_stack(stack, group["lr"], group["weight_decay"])

    def _step_stack(self, stack: list[nn.Parameter], lr: float, weight_decay: float) -> None:
        grads = [cast("Tensor", matrix.grad).float() for matrix in stack]
        for matrix, grad in zip(stack, grads, strict=True):
            if not self.state[matrix]:
                self.state[matrix]["momentum_buffer"] = torch.zeros_like(grad)
        momenta = [self.state[matrix]["momentum_buffer"] for matrix in stack]
        torch._foreach_lerp_(momenta, grads, 1 - MOMENTUM)
        ahead = [whole(each) for each in torch._foreach_lerp(grads, momenta, MOMENTUM)]
        updates = [
            as_shard(update, matrix)
            for update, matrix in zip(newton_schulz(torch.stack(ahead)), stack, strict=True)
        ]
        scale = 0.2 * math.sqrt(max(stack[0].shape))
        weights = [whole_weight(matrix, self.state[matrix]) for matrix in stack]
        if weight_decay:
            torch._foreach_mul_(weights, 1 - lr * weight_decay)
        torch._foreach_add_(weights, updates, alpha=-lr * scale)
        for matrix, weight in zip(stack, weights, strict=True):
            keep_weight(matrix, weight, self.state[matrix])


class HalfAdamW(Optimizer):
    """AdamW (arXiv 1711.05101) on bfloat16 weights, whose steps and averages are float32's.

    torch's own rounds a step away that is less than half of a weight's last place, and its second
    moment never falls.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float) -> None:
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0, "betas": (0.9, 0.999)})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, group["lr"], group["weight_decay"], *group["betas"])

    def _step(
        self, weight: nn.Parameter, lr: float, decay: float, first: float, second: float
    ) -> None:
        grad, state = cast("Tensor", weight.grad).float(), self.state[weight]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(grad), torch.zeros_like(grad)
        state["step"] += 1
        done = state["step"].item()
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(grad, 1 - first)
        square.mul_(second).addcmul_(grad, grad, value=1 - second)
        spread = (square / (1 - second**done)).sqrt_().add_(ADAM_EPSILON)
        whole = whole_weight(weight, state).mul_(1 - lr * decay)
        keep_weight(weight, whole.addcdiv_(mean, spread, value=-lr / (1 - first**done)), state)


class CombinedState(TypedDict):
    """The states of a `CombinedOptimizer`, one for each of its parts."""

    parts: list[dict[str, Any]]


class CombinedOptimizer(Optimizer):
    """Several optimisers as one: their parameter groups, steps and states together."""

    def __init__(self, parts: list[Optimizer]) -> None:
        self.parts = parts
        groups = [group for part in parts for group in part.param_groups]
        super().__init__([dict(group) for group in groups], {})
        self._share_groups()

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Step every part."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> CombinedState:  # type: ignore[override]
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: CombinedState) -> None:  # type: ignore[override]
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            weights = [weight for group in part.param_groups for weight in group["params"]]
            kept = {
                at: {name: as_shard(value, weights[at]) for name, value in values.items()}
                for at, values in state["state"].items()
            }
            part.load_state_dict(state | {"state": kept})
            _restore_precision(part, state)
        self._share_groups()

    def _share_groups(self) -> None:
        """A learning rate set on a group of the whole must be the part's own."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def _restore_precision(part: Optimizer, state: dict[str, Any]) -> None:
    """Undo that torch casts a state to its weight's precision when it is loaded."""
    weights = [weight for group in part.param_groups for weight in group["params"]]
    for at, values in state["state"].items():
        own = part.state[weights[at]]
        for name, value in values.items():
            if own[name].dtype != value.dtype:
                own[name] = value.to(own[name].device)


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> CombinedOptimizer:
    """The optimiser of `settings`: AdamW for all, or Muon for the layers' matrices."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    matrices = [
        p
        for name, p in trained
        if settings.optimizer == "muon" and p.ndim == 2 and ".layers." in name
    ]
    taken = {id(p) for p in matrices}
    others = [p for _, p in trained if id(p) not in taken]
    parts: list[Optimizer] = []
    for half, adamw in ((False, partial(AdamW, fused=True)), (True, HalfAdamW)):
        these = [p for p in others if (p.dtype == torch.bfloat16) is half]
        groups = [
            {"params": [p for p in these if p.ndim >= 2], "weight_decay": settings.weight_decay},
            {"params": [p for p in these if p.ndim < 2], "weight_decay": 0.0},
        ]
        if these:
            used = [group for group in groups if group["params"]]
            parts.append(adamw(used, lr=settings.learning_rate))
    if matrices:
        parts.insert(0, Muon(matrices, settings.learning_rate, settings.weight_decay))
    return CombinedOptimizer(parts)
