"""`ModelMeter`: tells `WORK` what a model in this process does: tokens, seconds and FLOPs.

FLOPs are those that the model itself needs, by its matrices: an embedding is looked up, and no
multiplication. Norms, biases, and what is computed twice to save memory, do not count.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from sodakd.inference.peak_flops import peak_flops
from sodakd.resource_use import WORK, Role

_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
"""What configs call the number of parts of which a token goes through some alone."""


@dataclass(frozen=True)
class ModelShape:
    """What a token is multiplied with: numbers in the matrices of a model's `body` and its `head`.

    `attention` is layers x heads x size of a head. Of `trained_body` and `trained_head` the weights
    are trained.
    """

    body: int
    head: int
    attention: int
    trained_body: int
    trained_head: int

    @classmethod
    def of(cls, model: PreTrainedModel) -> Self | None:
        """The shape of a model; None of a mixture of experts, whose tokens go different ways."""
        config = model.config.get_text_config(decoder=True)
        if any(getattr(config, name, None) for name in _EXPERTS):
            return None
        output = model.get_output_embeddings()
        head = None if output is None else output.weight
        looked_up = {id(each.weight) for each in model.modules() if isinstance(each, nn.Embedding)}
        body = [
            each
            for each in model.parameters()
            if each.ndim > 1 and id(each) not in looked_up and each is not head
        ]
        heads = getattr(config, "num_attention_heads", 0) or 0
        width = getattr(config, "hidden_size", 0) or 0
        size = getattr(config, "head_dim", None) or width // max(1, heads)
        return cls(
            body=sum(map(_numbers, body)),
            head=0 if head is None else _numbers(head),
            attention=(getattr(config, "num_hidden_layers", 0) or 0) * heads * size,
            trained_body=sum(_numbers(each) for each in body if each.requires_grad),
            trained_head=_numbers(head) if head is not None and head.requires_grad else 0,
        )

    def forward(self, tokens: int, predictions: int, pairs: int) -> int:
        """FLOPs of a pass of so many tokens, of which some predict, and see `pairs` of tokens.

        2 for each number and token, 4 for each pair and number of an attention head: its score, and
        its share of the value.
        """
        return 2 * (self.body * tokens + self.head * predictions) + 4 * self.attention * pairs

    def training(self, tokens: int, predictions: int, pairs: int) -> int:
        """FLOPs of a pass and its gradients: of what a token meets, and of what is trained.

        Where all is trained 6 for each number and token: three times the pass.
        """
        weights = 2 * (self.trained_body * tokens + self.trained_head * predictions)
        passed = self.forward(tokens, predictions, pairs)
        return 2 * passed + weights + 4 * self.attention * pairs


class ModelMeter:
    """Tells what one model does. `dtype` is the precision it computes in, if not its own."""

    def __init__(
        self,
        model: PreTrainedModel,
        role: Role,
        shape: ModelShape | None,
        threads: int,
        dtype: torch.dtype | None = None,
    ) -> None:
        self._device = model.device
        self._role = role
        self._shape = shape
        self._of_peak = (dtype or model.dtype, threads)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Have the model at work."""
        peak = 0.0 if self._shape is None else peak_flops(self._device, *self._of_peak)
        on_gpu = self._device.type == "cuda"
        with WORK.busy(self._role, peak, on_gpu=on_gpu):
            try:
                yield
            finally:
                if on_gpu:
                    memory = torch.cuda.max_memory_allocated(self._device)
                    WORK.gpu_memory = max(WORK.gpu_memory, memory)

    def trained(self, tokens: int, predictions: int, pairs: int) -> None:
        """Count tokens that were trained on; see `ModelShape.forward`."""
        flops = 0 if self._shape is None else self._shape.training(tokens, predictions, pairs)
        WORK.add(self._role, trained_tokens=tokens, flops=flops)

    def read(self, tokens: int, predictions: int, pairs: int) -> None:
        """Count tokens that were read, and no answer."""
        flops = 0 if self._shape is None else self._shape.forward(tokens, predictions, pairs)
        WORK.add(self._role, prompt_tokens=tokens, flops=flops)

    def answered(self, prompt: int, answer: int, began: float) -> None:
        """Count an answer of so many tokens, its end included, begun at a time of `monotonic`."""
        tokens = prompt + answer - 1  # the last one is not read
        pairs = causal_pairs(tokens)
        flops = 0 if self._shape is None else self._shape.forward(tokens, answer, pairs)
        WORK.add(
            self._role,
            prompt_tokens=prompt,
            answer_tokens=answer,
            answers=1,
            waited=time.monotonic() - began,
            flops=flops,
        )


def causal_pairs(tokens: int) -> int:
    """Pairs of tokens of a sequence, in which each sees those before it and itself."""
    return tokens * (tokens + 1) // 2


def _numbers(matrix: Tensor) -> int:
    """How many numbers a matrix has, also one that is held in four bits."""
    packed = getattr(matrix, "quant_state", None)
    return matrix.numel() if packed is None else math.prod(packed.shape)
