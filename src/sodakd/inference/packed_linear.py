"""Linear layers on a CPU: weights are laid out once, not at each call, and held once."""

import time
from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from sodakd.inference.devices import cpu_threads

WORTHWHILE_GAIN = 1.2
"""How many times as fast as float32 bfloat16 has to be."""
_SIZE = 1024
_ROWS = 32
_TRIES = 5


class PackedLinear(nn.Module):
    """A linear layer whose weight is laid out as the product's kernel reads it. For inference."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._weight = _packed(linear.weight.detach())
        self._bias = linear.bias

    def forward(self, x: Float[Tensor, "... inputs"]) -> Float[Tensor, "... outputs"]:
        """The product, and the bias."""
        return _product(x, self._weight, self._bias)


def pack(model: nn.Module) -> None:
    """Replace a model's linear layers by packed ones. It can no longer be trained or saved.

    A block's plain weights are given back before the next block is packed.
    """
    for module in model.modules():
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, PackedLinear(child))
    # Weights that were read in their file's precision are parts of one map of the whole file, and
    # a single one keeps it.
    for each in (*model.parameters(), *model.buffers()):
        each.data = each.data.clone()


@cache
def can_pack(dtype: torch.dtype) -> bool:
    """Whether this CPU and this build of torch multiply packed weights of a precision."""
    if not torch.backends.mkldnn.is_available():
        return False
    one = torch.ones(1, 1, dtype=dtype)
    try:
        with torch.inference_mode():
            _product(one, _packed(one), None)
    except (RuntimeError, AttributeError):
        return False
    return True


@cache
def bfloat16_gain() -> float:
    """How many times as fast as float32 this CPU multiplies packed bfloat16; 0 where it cannot."""
    if not can_pack(torch.bfloat16):
        return 0.0
    with cpu_threads(1), torch.inference_mode():  # one core's: threads wait for each other
        weight, rows = torch.ones(_SIZE, _SIZE), torch.ones(_ROWS, _SIZE)
        packed, half = _packed(weight.bfloat16()), rows.bfloat16()
        fast = _seconds(lambda: _product(half, packed, None))
        return _seconds(lambda: functional.linear(rows, weight)) / fast


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of a few tries: others use the machine too."""
    found = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        for _ in range(_TRIES):
            work()
        found.append(time.perf_counter() - began)
    return min(found)


def _packed(weight: Float[Tensor, "outputs inputs"]) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
    return packed


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return product
