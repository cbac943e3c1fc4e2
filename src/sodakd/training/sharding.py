"""Weights, gradients and an optimiser's states spread over a group's processes (FSDP2).

What is written is whole: a checkpoint is the one of a single process, and any number of processes
goes on from it, with or without shards.
"""

from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer


class Sharded(nn.Module):
    """A model whose weights are spread over a group, as the Trainer sees it: wrapped already."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.module = model

    def forward(self) -> Tensor:
        """What the model gives, with its shards together."""
        return cast("Tensor", self.module())


def shard(
    model: nn.Module,
    optimizer: Optimizer,
    dtype: torch.dtype | None,
    by_pass: bool,
) -> Sharded:
    """Spread a model over the group, layer by layer, and have an optimiser step its shards.

    `dtype` is what is computed in, if it is not that of the weights. `by_pass`: weights are given
    up after a forward pass, and put together again for the backward pass.
    """
    names = {id(weight): name for name, weight in model.named_parameters()}
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    layers = set(getattr(model, "_no_split_modules", None) or ())
    for module in list(model.modules()):
        if type(module).__name__ in layers:
            fully_shard(module, reshard_after_forward=by_pass, mp_policy=policy)
    fully_shard(model, mp_policy=policy)
    for module in model.modules():
        if isinstance(module, FSDPModule):  # gloo has no means, and sums of all that NCCL has
            module.set_force_sum_reduction_for_comms(True)
    shards = dict(model.named_parameters())
    for group in optimizer.param_groups:
        group["params"] = [shards[names[id(weight)]] for weight in group["params"]]
    return Sharded(model)


def whole(value: Tensor) -> Tensor:
    """A tensor with its shards together; every process has to ask for it."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """The trained weights of a model, whole and on the CPU, at rank 0; all have to ask for them."""
    frozen = {name for name, weight in model.named_parameters() if not weight.requires_grad}
    state = model.state_dict()
    return {name: at_rank_0(state[name]) for name in state if name not in frozen}


def at_rank_0(value: Any) -> Any:
    """Tensors in lists and dictionaries, whole and on the CPU, at rank 0; all have to ask for them.

    The others have none of them.
    """
    if isinstance(value, Tensor):
        found = whole(value)
        return found.cpu() if dist.get_rank() == 0 else None
    if isinstance(value, dict):
        return {name: at_rank_0(each) for name, each in value.items()}
    if isinstance(value, list):
        return [at_rank_0(each) for each in value]
    return value


def as_shard(value: Tensor, like: Tensor) -> Tensor:
    """This process's part of a whole tensor, which all processes have, where `like` is sharded."""
    if not isinstance(like, DTensor) or value.shape != like.shape:
        return value
    return distribute_tensor(value, like.device_mesh, like.placements, src_data_rank=None)
