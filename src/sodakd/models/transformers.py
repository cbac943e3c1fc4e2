"""A causal language model of a local folder that answers batches of prompts.

The decode is lean: keys and values stand in buffers of the full length from the start, prompts are
computed with padding to the right and no mask, and rows that have ended leave the batch. It goes
through the model's own forward with an attention function of ours, so it serves every model whose
attention is plain (Llama, Qwen2, ...).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AttentionInterface,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging
