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

    `sharded`: each of them keeps a part of what is trained, not all of it; of weights too, which
    are put together for each pass, if it is `by_pass` (ZeRO-3), else for a step (ZeRO-2).
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    sharded: bool = False
    by_pass: bool = True


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
            return Launch(rank, size, local_rank, local_size, *_shards(environment))
    except ValueError:
        pass
    told = ", ".join(f"{name}={value or '(not set)'}" for name, value in found.items())
    raise RunError(f"this is no launch of several processes: {told}; start them by {HOW}")


def _shards(environment: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether accelerate's config, as its launcher hands it on, asks for shards; also by pass."""
    if environment.get("ACCELERATE_USE_DEEPSPEED", "").lower() == "true":
        return _zero(environment)
    if environment.get("ACCELERATE_USE_FSDP", "").lower() != "true":
        return False, True
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
    return True, environment.get("FSDP_RESHARD_AFTER_FORWARD", "true").lower() == "true"


def _zero(environment: Mapping[str, str]) -> tuple[bool, bool]:
    """The shards of DeepSpeed's ZeRO stages 2 and 3, which are those of FSDP2.

    DeepSpeed itself would step by optimisers of its own; the recipe's are stepped here.
    """
    name = "ACCELERATE_DEEPSPEED_{}"
    file = environment.get(name.format("CONFIG_FILE"), "none")
    if file.lower() != "none":
        raise RunError(
            f"accelerate's config names a config of DeepSpeed's, {file}: the recipe says how to"
            " train; write zero_stage: 2 or 3 into accelerate's deepspeed_config instead"
        )
    stage = environment.get(name.format("ZERO_STAGE"), "2")
    if stage not in {"2", "3"}:
        raise RunError(
            f"accelerate's config asks for DeepSpeed's ZeRO stage {stage}: set zero_stage to 2 or 3"
            " in its deepspeed_config, or take no DeepSpeed: then each process has it all"
        )
    for what in ("OPTIMIZER", "PARAM"):
        device = environment.get(name.format(f"OFFLOAD_{what}_DEVICE"), "none")
        if device.lower() != "none":
            raise RunError(
                f"accelerate's config asks for offload_{what.lower()}_device: {device}: what is"
                " trained is kept on the GPUs here; set it to none"
            )
    return True, stage == "3"


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
