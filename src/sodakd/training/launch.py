"""How a launcher of several processes (torchrun, accelerate launch) started this one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sodakd.errors import RecipeError, RunError

if TYPE_CHECKING:
    from sodakd.recipe import Recipe

_NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
HOW = "torchrun --nproc-per-node N -m sodakd run RECIPE, or accelerate launch -m sodakd run RECIPE"


@dataclass(frozen=True)
class Launch:
    """A process's place among those that one command started: on all machines, and on its own.

    `sharded`: each of them keeps a part of what is trained, not all of it.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    sharded: bool = False


def read_launch(environment: Mapping[str, str] = os.environ) -> Launch | None:
    """The place that a launcher gave this process, from its variables; None where there is none.

    Raises:
        RunError: some of the variables are missing, or are no numbers that fit together, or
            accelerate's config asks for what cannot be done.
    """
    if (environment.get("WORLD_SIZE") or "1") == "1":
        return Launch(0, 1, 0, 1) if "RANK" in environment else None
    found = {name: environment.get(name, "") for name in _NAMES}
    try:
        rank, size, local_rank, local_size = (int(found[name]) for name in _NAMES[:4])
        fit = 0 <= rank < size and 0 <= local_rank < local_size <= size
        if fit and found["MASTER_ADDR"] and found["MASTER_PORT"]:
            return Launch(rank, size, local_rank, local_size, _asks_for_shards(environment))
    except ValueError:
        pass
    told = ", ".join(f"{name}={value or '(not set)'}" for name, value in found.items())
    raise RunError(f"this is no launch of several processes: {told}; start them by {HOW}")


def _asks_for_shards(environment: Mapping[str, str]) -> bool:
    """Whether accelerate's config, as its launcher hands it on, asks for FSDP2."""
    if environment.get("ACCELERATE_USE_DEEPSPEED", "").lower() == "true":
        raise RunError(
            "accelerate's config asks for DeepSpeed, whose optimisers are not the recipe's: take"
            " FSDP with fsdp_version: 2, which spreads weights, gradients and states as ZeRO-3 does"
        )
    if environment.get("ACCELERATE_USE_FSDP", "").lower() != "true":
        return False
    version = environment.get("FSDP_VERSION", "1")
    if version != "2":
        raise RunError(
            f"accelerate's config asks for FSDP, version {version}: set fsdp_version: 2 in its"
            " fsdp_config"
        )
    if environment.get("FSDP_OFFLOAD_PARAMS", "").lower() == "true":
        raise RunError(
            "accelerate's config asks for weights that lie on the CPU (fsdp_offload_params): they"
            " are kept on the GPUs here; set it to false"
        )
    return True


def refuse_launch(command: str, environment: Mapping[str, str] = os.environ) -> None:
    """Raise RunError where several processes were started for a command that is one."""
    size = environment.get("WORLD_SIZE") or "1"
    if size != "1":
        raise RunError(
            f"WORLD_SIZE is {size}, and `sodakd {command}` is one process: only `sodakd run` trains"
            f" in several ({HOW}); start this one without a launcher, or unset WORLD_SIZE"
        )


def check_size(recipe: "Recipe", processes: int) -> None:
    """Raise RecipeError where a step of the recipe has fewer examples than there are processes."""
    steps = {"training": recipe.training}
    if recipe.student.model_name_or_path is None:
        steps["base.training"] = recipe.base.training
    mistakes = [
        f"{key}: examples of a step: {settings.examples_a_step}, and {processes} processes were"
        f" started to share them: set {key}.per_device_train_batch_size to {processes} or more, or"
        " start fewer processes"
        for key, settings in steps.items()
        if settings.examples_a_step < processes
    ]
    if mistakes:
        raise RecipeError("\n".join(mistakes), mistakes)
