"""What a model has of a machine: the precision that suits it, and how much there is memory for."""

from pathlib import Path

import psutil
import torch
from transformers import PretrainedConfig, PreTrainedModel

from sodakd.inference.folder import weights_dtype
from sodakd.inference.packed_linear import WORTHWHILE_GAIN, bfloat16_gain


def fitting_dtype(folder: Path, device: torch.device) -> str | None:
    """The precision for a folder's weights on a device; None for their own.

    On a CPU, for half precision bfloat16 or float32, as it is measured to be faster.
    """
    if device.type != "cpu" or weights_dtype(folder) == "float32":
        return None
    return "bfloat16" if bfloat16_gain() >= WORTHWHILE_GAIN else "float32"


def tokens_that_fit(model: PreTrainedModel, sharers: int) -> int:
    """How many tokens' keys and values take half of the memory that is free, or a share of it."""
    config: PretrainedConfig = model.config.get_text_config(decoder=True)
    heads: int = config.num_attention_heads
    groups = getattr(config, "num_key_value_heads", None) or heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    token = 2 * config.num_hidden_layers * groups * size * model.dtype.itemsize
    free = psutil.virtual_memory().available
    if model.device.type == "cuda":
        free = torch.cuda.mem_get_info(model.device)[0]
    return int(free // 2 // sharers // token)
