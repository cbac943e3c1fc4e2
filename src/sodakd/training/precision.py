"""The precision that a training computes in, beside the one that its weights are kept in.

In bfloat16 a batch is computed with copies of the weights, and their gradients are summed up in the
weights' own precision: an update that bfloat16 would round away adds up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sodakd.inference.folder import is_large
from sodakd.inference.packed_linear import WORTHWHILE_GAIN, bfloat16_gain
from sodakd.run import cpu_count
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.group import training_group


@dataclass(frozen=True)
class Computing:
    """How a training computes: in `dtype` in the place of float32, if there is one, and where.

    `words` tell what was decided here, if anything was.
    """

    dtype: torch.dtype | None
    threads: int
    words: str | None = None

    def opened(self, student: StudentSettings) -> StudentSettings:
        """The student as it is loaded to be trained: what an adapter leaves as it is, is never in
        a precision that nothing is computed in."""
        if self.dtype is None or student.finetuning_type == "full" or student.dtype != "float32":
            return student
        return student.model_copy(update={"dtype": "bfloat16"})


def choose_computing(
    start: Path, settings: TrainingSettings, student: StudentSettings
) -> Computing:
    """How the model of a folder is trained here: what the settings leave open depends on its size.

    A small one is trained on one core in float32, so that it has the same bytes wherever it is; a
    large one on all cores, shared by the processes of this machine that train together, in bfloat16
    where that was measured to be faster.
    """
    large = is_large(start)
    cores = max(1, cpu_count() // training_group().launch.local_size)
    threads = settings.threads or (cores if large else 1)
    torch.set_num_threads(threads)
    if settings.bf16 is not None or settings.fp16 or student.dtype == "float16" or not large:
        return Computing(torch.bfloat16 if settings.bf16 else None, threads)
    if torch.cuda.is_available():
        half, why = torch.cuda.is_bf16_supported(including_emulation=False), "on this GPU"
    else:
        gain = bfloat16_gain()
        half, why = gain >= WORTHWHILE_GAIN, f"bfloat16 is {gain:.1f} times as fast as float32 here"
    precision = "bfloat16" if half else student.dtype
    words = f"training computes in {precision} ({why}), threads: {threads}"
    return Computing(torch.bfloat16 if half else None, threads, words)


@contextmanager
def computed_in(model: nn.Module, dtype: torch.dtype | None) -> Iterator[None]:
    """Have a model's float32 weights stand in for by copies in `dtype`, whose gradients are theirs.

    The backward pass belongs inside as well: with gradient checkpointing it computes layers again.
    """
    if dtype is None:
        yield
        return
    places = [
        (module._parameters, name, weight)
        for module in model.modules()
        for name, weight in module._parameters.items()
        if weight is not None and weight.dtype == torch.float32
    ]
    copies: dict[int, Tensor] = {id(weight): weight.to(dtype) for _, _, weight in places}
    try:
        for table, name, weight in places:
            table[name] = copies[id(weight)]  # type: ignore[assignment]
        yield
    finally:
        for table, name, weight in places:
            table[name] = weight


def whole_weight(
    weight: Float[Tensor, "*shape"], state: dict[str, Tensor]
) -> Float[Tensor, "*shape"]:
    """A weight as an optimiser's step changes it: itself in float32, or what it stands for.

    A bfloat16 weight is the upper half of a float32 number, rounded; `state` keeps the lower half,
    so that the sum of its steps is that of float32.
    """
    if weight.dtype != torch.bfloat16:
        return weight
    bits = weight.view(torch.int16).int() << 16
    if "lower_half" in state:
        bits += state["lower_half"]
    return bits.view(torch.float32)


def keep_weight(
    weight: Float[Tensor, "*shape"], whole: Float[Tensor, "*shape"], state: dict[str, Tensor]
) -> None:
    """Keep what a step has made of `whole_weight`."""
    if whole is weight:
        return
    bits = whole.view(torch.int32)
    upper = (bits + 0x8000) >> 16
    state["lower_half"] = (bits - (upper << 16)).short()
    weight.copy_(upper.short().view(torch.bfloat16))
