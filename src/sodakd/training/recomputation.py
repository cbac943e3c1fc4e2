"""What a forward pass keeps for the backward pass, and what is computed again there.

Whole layers are (gradient checkpointing), or only what is wide and cheap, and no product of
matrices (selective activation recomputation, arXiv 2205.05198).
"""

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

_GATED = ("gate_proj", "up_proj", "down_proj", "act_fn")
"""What a gated layer has: `down_proj(act_fn(gate_proj(x)) * up_proj(x))`."""


def recompute(model: PreTrainedModel, *, layers: bool) -> None:
    """Have whole layers computed again in the backward pass, or only what is cheap."""
    if layers:
        enable = getattr(model, "activation_checkpointing_enable", None)  # its name from 5.22 on
        (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})
    else:
        keep_less(model)


def keep_less(model: nn.Module) -> int:
    """Have a model's norms and gated layers keep their inputs alone for the backward pass.

    Of a gated layer these are gate and up, not the activation and the product that are made of
    them. Losses and gradients stay the same to the last bit. Gated layers that compute otherwise,
    which is tried, are left as they are. Returns how many layers keep less.
    """
    gated: dict[type[nn.Module], bool] = {}
    changed = 0
    for layer in list(model.modules()):
        kind = type(layer)
        if kind.__name__.endswith("Norm"):
            vars(layer)["forward"] = partial(_again, layer.forward)
            changed += 1
        elif all(hasattr(layer, name) for name in _GATED):
            if kind not in gated:
                gated[kind] = _is_gated(layer)
            if gated[kind]:
                vars(layer)["forward"] = partial(_gated, layer)
                changed += 1
    return changed


def _gated(layer: Any, states: Tensor) -> Tensor:
    gate, up = layer.gate_proj(states), layer.up_proj(states)
    # Computed again it ends before the last product: nobody asks for its result.
    return _again(partial(_down, layer), gate, up, draws=_draws(layer.down_proj))


def _down(layer: Any, gate: Tensor, up: Tensor) -> Tensor:
    return cast("Tensor", layer.down_proj(layer.act_fn(gate) * up))


def _again(part: Any, *inputs: Any, draws: bool = False, **named: Any) -> Tensor:
    """What a part gives, of which only the inputs are kept. `draws`: it draws random numbers."""
    if not torch.is_grad_enabled():
        return cast("Tensor", part(*inputs, **named))
    found = checkpoint(part, *inputs, use_reentrant=False, preserve_rng_state=draws, **named)
    return cast("Tensor", found)


def _draws(module: nn.Module) -> bool:
    """Whether a module draws numbers in training, as an adapter with dropout does."""
    return any(isinstance(each, nn.Dropout) and each.p > 0 for each in module.modules())


def _is_gated(layer: Any) -> bool:
    """Whether a layer gives what its parts' names say, for some numbers."""
    with torch.no_grad():
        try:
            weight, size = layer.gate_proj.weight, layer.gate_proj.in_features
            states = torch.linspace(-1, 1, 2 * size, device=weight.device).reshape(1, 2, size)
            if weight.is_floating_point():  # rounded weights are computed in what comes in
                states = states.to(weight.dtype)
            return torch.equal(layer(states), _gated(layer, states))
        except (TypeError, ValueError, RuntimeError, AttributeError):
            return False
